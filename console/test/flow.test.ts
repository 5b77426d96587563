import { expect, test } from "vitest";

import type { Pipeline } from "../src/api/types";
import { POINTS_MAX, streamWidth, withEvent } from "../src/flow";

const pipeline = (rate: number, names = ["tail"]): Pipeline => ({
  now_ms: 0, window_seconds: 10, state: "ready", reasons: [],
  receivers: names.map((name) => ({ name, endpoint: null, flows: [{ signal: "logs" as const, records_total: 1, records_per_second: rate, bytes_total: null, bytes_per_second: null }] })),
  processors: [], spool: { bytes: 0, bytes_max: 1, disk_full: false, sync_failures: 0, flows: [] }, exporters: [], drops: [],
});

test("two minutes of rates are kept, and those of components that are gone are not", () => {
  let rates = withEvent(new Map(), pipeline(1, ["tail", "gone"]));
  for (let at = 0; at < 200; at += 1) rates = withEvent(rates, pipeline(at));
  expect(rates.get("receiver tail")).toHaveLength(POINTS_MAX);
  expect(rates.get("receiver tail")?.at(-1)).toBe(199);
  expect(rates.has("receiver gone")).toBe(false);
});

test("a wider stream carries more, and an idle one is a hair", () => {
  expect(streamWidth(0)).toBeLessThan(streamWidth(1));
  expect(streamWidth(1)).toBeLessThan(streamWidth(1000));
  expect(streamWidth(1e9)).toBe(10);
});

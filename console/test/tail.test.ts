import { expect, test } from "vitest";

import type { LogRow } from "../src/api/types";
import { LINES_MAX, TailBuffer, describe } from "../src/tail";

function rows(from: number, count: number): LogRow[] {
  return Array.from({ length: count }, (_, index) => ({
    id: String(from + index), time_ms: from + index, level: "info", service: null, message: "m", truncated: false, source: null, trace_id: null, span_id: null,
  }));
}

const event = (from: number, count: number) => ({ records: rows(from, count), matched: count, sent: count, skipped: 0 });

test("the newest lines come first and no more than the limit are kept", () => {
  const tail = new TailBuffer();
  for (let at = 0; at < 20_000; at += 500) tail.add(event(at, 500));
  const { rows: kept } = tail.view();
  expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([LINES_MAX, "19999", String(20_000 - LINES_MAX)]);
});

test("while paused the lines stay, and those that came show afterwards, bounded too", () => {
  const tail = new TailBuffer();
  tail.add(event(0, 10));
  tail.pause(true);
  tail.add(event(10, 5));
  expect([tail.view().rows.length, tail.view().waiting]).toEqual([10, 5]);
  for (let at = 100; at < 20_100; at += 1000) tail.add(event(at, 1000));
  expect(tail.view().waiting).toBe(LINES_MAX);
  tail.pause(false);
  expect([tail.view().rows.length, tail.view().rows[0]?.id, tail.view().waiting]).toEqual([LINES_MAX, "20099", 0]);
});

test("what is not shown is said", () => {
  const view = { rows: [], waiting: 0, connected: true, lost: 0, matchedPerSecond: 10_312, sentPerSecond: 2000 };
  expect(describe(view)).toBe("a sample: 2k of 10.3k lines/s shown; the newest 5,000 are kept here");
  expect(describe({ ...view, sentPerSecond: 10_312 })).toBe("10.3k lines/s, all shown");
  expect(describe({ ...view, lost: 12 })).toContain("12 passed unseen");
  expect(describe({ ...view, matchedPerSecond: 0 })).toBe("waiting for lines");
  expect(describe({ ...view, connected: false })).toBe("connecting");
});

import { expect, test } from "vitest";

import { between, describe, resolve, resolveRange } from "../src/time";

const NOW = 1_795_527_000_000;

test("an end is now, relative, a number, or a date", () => {
  expect(resolve("now", NOW)).toBe(NOW);
  expect(resolve("now-15m", NOW)).toBe(NOW - 900_000);
  expect(resolve("now-1.5h", NOW)).toBe(NOW - 5_400_000);
  expect(resolve("1795527000123", NOW)).toBe(NOW + 123);
  expect(resolve("2026-11-24T13:30:00Z", NOW)).toBe(NOW);
  expect([resolve("yesterday", NOW), resolve("now-5y", NOW), resolve("", NOW)]).toEqual([null, null, null]);
});

test("a range that cannot be read, or is the wrong way round, becomes the default", () => {
  const standard = { from: NOW - 900_000, to: NOW };
  expect(resolveRange({ from: "x", to: "now" }, NOW)).toEqual(standard);
  expect(resolveRange({ from: "now", to: "now-1h" }, NOW)).toEqual(standard);
});

test("a brushed range is never empty, whichever way it was dragged", () => {
  expect(between(5.6, 2.2)).toEqual({ from: "2", to: "6" });
  expect(between(3, 3)).toEqual({ from: "3", to: "4" });
});

test("known ranges have names", () => {
  expect(describe({ from: "now-15m", to: "now" }, NOW)).toBe("Last 15 minutes");
  expect(describe({ from: String(NOW - 60_000), to: String(NOW) }, NOW)).toMatch(/^2026-11-2\d \d\d:29:00, 1m 00s$/);
});

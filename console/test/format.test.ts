import { expect, test } from "vitest";

import { ago, bytes, duration, levelLetter, short } from "../src/format";

test("numbers keep three digits that matter", () => {
  expect([0, 0.001, 0.42, 12.34, 999.6, 1250, 3_400_000].map(short)).toEqual(["0", "1.0e-3", "0.42", "12.3", "1000", "1.25k", "3.4M"]);
});

test("durations go from microseconds to days", () => {
  expect([0, 0.42, 12.34, 1500, 125_000, 12_000_000, 187_200_000].map(duration))
    .toEqual(["0 ms", "420 µs", "12.3 ms", "1.5 s", "2m 05s", "3h 20m", "2d 4h"]);
});

test("sizes are in powers of 1024", () => {
  expect([0, 1023, 1536, 1_073_741_824].map(bytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "1 GiB"]);
});

test("an age is never negative", () => {
  expect([ago(1000, 500), ago(1000, 14_200)]).toEqual(["now", "13 s ago"]);
});

test("a level shows without its colour", () => {
  expect(["error", "info", "unknown"].map(levelLetter)).toEqual(["E", "I", "·"]);
});

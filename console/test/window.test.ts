import { expect, test } from "vitest";

import { scrollInto, visibleRows } from "../src/window";

test("only rows in view and a few around them are drawn", () => {
  const visible = visibleRows(100_000, 24, 24_000, 480);
  expect([visible.first, visible.end, visible.offset, visible.height]).toEqual([990, 1030, 23_760, 2_400_000]);
});

test("at the edges nothing is outside the list", () => {
  expect(visibleRows(5, 24, 0, 480)).toEqual({ first: 0, end: 5, offset: 0, height: 120 });
  expect(visibleRows(0, 24, 0, 480)).toEqual({ first: 0, end: 0, offset: 0, height: 0 });
  const short = visibleRows(5, 24, 99_999, 480);
  expect(short.first).toBeLessThanOrEqual(short.end);
});

test("a row in view needs no scrolling", () => {
  expect(scrollInto(10, 24, 200, 480)).toBeNull();
  expect(scrollInto(2, 24, 200, 480)).toBe(48);
  expect(scrollInto(40, 24, 200, 480)).toBe(504);
});

import { expect, test } from "vitest";

import type { Span, Trace } from "../src/api/types";
import { ticks, waterfall } from "../src/waterfall";

function span(id: string, depth: number, offset: number, duration: number): Span {
  return {
    span_id: id, parent_span_id: null, missing_parent: false, depth, service: "s", operation: id, kind: "internal", start_ms: offset, offset_ms: offset,
    duration_ms: duration, self_ms: 0, status: { code: "unset", message: "" }, scope: { name: "", version: "" }, resource: 0, attributes: {}, events: [], links: [], log_count: 0,
  };
}

const trace: Trace = {
  trace_id: "t", start_ms: 0, duration_ms: 100, root: null, span_count: 4, error_count: 0, services: [], resources: [{}],
  spans: [span("a", 0, 0, 100), span("b", 1, 10, 40), span("c", 2, 20, 0), span("d", 1, 60, 90)],
  critical_path: [{ span_id: "a", from_ms: 0, to_ms: 10 }, { span_id: "b", from_ms: 10, to_ms: 50 }], logs: [], logs_truncated: false, truncated: false,
};

test("bars are in parts of the trace, never outside it, never too thin to see", () => {
  const rows = waterfall(trace, new Set());
  expect(rows.map((row) => [row.span.span_id, row.left, row.width])).toEqual([["a", 0, 1], ["b", 0.1, 0.4], ["c", 0.2, 0.002], ["d", 0.6, 0.9]]);
  expect(rows.map((row) => row.hasChildren)).toEqual([true, true, false, false]);
  expect(rows[1]?.critical).toEqual([{ left: 0.1, width: 0.4 }]);
});

test("a folded span hides what is below it and nothing else", () => {
  const shown = (folded: string[]) => waterfall(trace, new Set(folded)).map((row) => row.span.span_id);
  expect(shown(["b"])).toEqual(["a", "b", "d"]);
  expect(shown(["a"])).toEqual(["a"]);
  expect(shown(["c"])).toEqual(["a", "b", "c", "d"]);
});

test("a trace without duration has rows all the same", () => {
  expect(waterfall({ ...trace, duration_ms: null }, new Set())).toHaveLength(4);
});

test("the scale has round times", () => {
  expect(ticks(230)).toEqual([0, 50, 100, 150, 200]);
  expect(ticks(0)).toEqual([0]);
});

/** The rows of a waterfall: which spans show, and where their bars and critical pieces are. */

import type { Span, Trace } from "./api/types";

export interface WaterfallRow {
  span: Span;
  hasChildren: boolean;
  isCollapsed: boolean;
  /** In parts of the trace's duration, 0 to 1. */
  left: number;
  width: number;
  critical: { left: number; width: number }[];
}

/** A bar narrower than this could not be seen. */
const WIDTH_MIN = 0.002;

export function waterfall(trace: Trace, collapsed: ReadonlySet<string>): WaterfallRow[] {
  const total = Math.max(trace.duration_ms ?? 0, 1e-6);
  const rows: WaterfallRow[] = [];
  let hiddenBelow = Infinity;
  trace.spans.forEach((span, index) => {
    if (span.depth > hiddenBelow) return;
    hiddenBelow = Infinity;
    const next = trace.spans[index + 1];
    const hasChildren = next !== undefined && next.depth > span.depth;
    const isCollapsed = hasChildren && collapsed.has(span.span_id);
    if (isCollapsed) hiddenBelow = span.depth;
    const pieces = trace.critical_path.filter((piece) => piece.span_id === span.span_id);
    rows.push({
      span,
      hasChildren,
      isCollapsed,
      left: clamp(span.offset_ms / total),
      width: Math.max(WIDTH_MIN, clamp(span.duration_ms / total)),
      critical: pieces.map((piece) => ({ left: clamp(piece.from_ms / total), width: clamp((piece.to_ms - piece.from_ms) / total) })),
    });
  });
  return rows;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Round times for the scale above the bars. */
export function ticks(totalMs: number, wanted = 5): number[] {
  if (totalMs <= 0) return [0];
  const rough = totalMs / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const times: number[] = [];
  for (let time = 0; time <= totalMs; time += step) times.push(time);
  return times;
}

/** The log records of a trace, or of one of its spans. */

import type { JSX } from "preact";

import type { Span, Trace } from "../api/types";
import { clock, duration, originOf } from "../format";
import { between } from "../time";
import { link } from "../url";
import { LevelMark } from "./Notes";

interface Props {
  trace: Trace;
  span: Span | null;
  /** The record that the person came from. */
  from: string | null;
}

export function TraceLogs({ trace, span, from }: Props): JSX.Element {
  const own = span === null ? trace.logs : trace.logs.filter((row) => row.span_id === span.span_id);
  const rows = own.length === 0 ? trace.logs : own;
  return (
    <section class="trace-logs">
      <h2>
        Logs <small>{rows === trace.logs ? "of the trace" : `of ${span?.operation ?? "the span"}`}{trace.logs_truncated ? ", the first 500" : ""}{span !== null && own.length === 0 && rows.length > 0 ? "; this span has none" : ""}</small>
      </h2>
      {rows.length === 0 ? <p class="muted">No record carries this trace id.</p> : rows.map((row) => {
        const around = between(row.time_ms - 300_000, row.time_ms + 300_000);
        return (
          <a key={row.id} class={row.id === from ? "neighbour here" : "neighbour"} href={link("/logs", { filter: [`trace.id=${trace.trace_id}`], record: row.id, ...around })} data-record={row.id}>
            <time title={clock(row.time_ms)}>{trace.start_ms === null ? clock(row.time_ms) : `+${duration(Math.max(0, row.time_ms - trace.start_ms))}`}</time>
            <LevelMark level={row.level} />
            <span class="log-from">{originOf(row)}</span>
            <span>{row.message}</span>
          </a>
        );
      })}
    </section>
  );
}

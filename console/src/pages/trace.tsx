/** One trace: waterfall with its critical path and errors, a span's detail, its logs beside it. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";

import { api } from "../api/client";
import type { Trace } from "../api/types";
import { useAnswer } from "../answer";
import { dateTime, duration, whole } from "../format";
import { useKeys } from "../keys";
import { Empty, ErrorNote } from "../parts/Notes";
import { SpanDetail } from "../parts/SpanDetail";
import { TraceLogs } from "../parts/TraceLogs";
import { Waterfall } from "../parts/Waterfall";
import { go, link, route, setParams } from "../url";
import { between } from "../time";
import { waterfall } from "../waterfall";

/** A trace may still be growing when it is opened. */
const REFRESH_MS = 5000;

export function TracePage({ id }: { id: string }): JSX.Element {
  const answer = useAnswer(id, (signal) => api.trace(id, signal), REFRESH_MS, id);
  const trace = answer.value;
  return (
    <div class="trace">
      {trace === null ? <ErrorNote error={answer.error} /> : null}
      {trace === null ? (answer.loading ? <Empty title="Reading the trace" /> : null) : <Shown trace={trace} />}
    </div>
  );
}

function Shown({ trace }: { trace: Trace }): JSX.Element {
  const params = route.value.params;
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => waterfall(trace, collapsed), [trace, collapsed]);
  const selected = params.get("span");
  const index = rows.findIndex((row) => row.span.span_id === selected);
  const span = trace.spans.find((each) => each.span_id === selected) ?? null;
  const select = (id: string | null): void => { setParams({ span: id }, true); };
  const move = (by: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, index < 0 ? 0 : index + by))];
    if (next !== undefined) select(next.span.span_id);
  };
  const toggle = (id: string): void => {
    const next = new Set(collapsed);
    if (!next.delete(id)) next.add(id);
    setCollapsed(next);
  };
  useKeys({
    j: () => { move(1); }, k: () => { move(-1); }, ArrowDown: () => { move(1); }, ArrowUp: () => { move(-1); },
    Enter: () => { if (selected !== null) toggle(selected); },
    Escape: () => { if (selected === null) go("/traces"); else select(null); },
  });
  return (
    <>
      <header class="trace-head">
        <div>
          <h1>{trace.root === null ? "Trace without spans" : trace.root.operation}<small>{trace.root?.service}</small></h1>
          <p class="muted">
            {trace.start_ms === null ? "only logs carry its id" : `${dateTime(trace.start_ms)} · ${duration(trace.duration_ms ?? 0)} · ${whole(trace.span_count)} spans`}
            {trace.truncated ? ", not all shown" : ""} · <code>{trace.trace_id}</code>
          </p>
        </div>
        <div class="trace-tags">
          {trace.services.map((service, at) => <span key={service.name} class="tag"><i class={`service-${at % 8}`} />{service.name} {service.spans}</span>)}
          {trace.error_count > 0 ? <span class="tag tag-bad">{whole(trace.error_count)} {trace.error_count === 1 ? "error" : "errors"}</span> : null}
          <a class="button" href={logsLink(trace)}>Logs of this trace</a>
        </div>
      </header>
      <div class={span === null ? "trace-body" : "trace-body trace-open"}>
        <div class="trace-main">
          {trace.spans.length === 0 ? <Empty title="No span of it is here">It may have been sampled out, deleted, or not arrived yet.</Empty> : (
            <Waterfall trace={trace} rows={rows} selected={selected} onSelect={select} onToggle={toggle} />
          )}
          <TraceLogs trace={trace} span={span} from={params.get("record")} />
        </div>
        {span === null ? null : <SpanDetail span={span} trace={trace} onClose={() => { select(null); }} />}
      </div>
    </>
  );
}

/** The records of a trace are around it in time. */
function logsLink(trace: Trace): string {
  const start = trace.start_ms ?? trace.logs[0]?.time_ms ?? Date.now();
  const range = between(start - 300_000, start + (trace.duration_ms ?? 0) + 300_000);
  return link("/logs", { filter: [`trace.id=${trace.trace_id}`], ...range });
}

/** One span with everything. */

import type { JSX } from "preact";

import type { Span, Trace } from "../api/types";
import { duration } from "../format";
import { link } from "../url";
import { Fields } from "./Notes";

interface Props {
  span: Span;
  trace: Trace;
  onClose: () => void;
}

export function SpanDetail({ span, trace, onClose }: Props): JSX.Element {
  return (
    <aside class="detail" aria-label="Span">
      <header>
        <strong>{span.operation}</strong>
        <span class="muted">{span.service}</span>
        <button type="button" class="icon" aria-label="Close (Esc)" title="Close (Esc)" onClick={onClose}>×</button>
      </header>
      <div class="detail-body">
        {span.status.code === "error" ? <div class="note note-error"><strong>Error</strong><span>{span.status.message}</span></div> : null}
        <div class="figures">
          <div><span>took</span><strong>{duration(span.duration_ms)}</strong></div>
          <div><span>of its own</span><strong>{duration(span.self_ms)}</strong></div>
          <div><span>began after</span><strong>{duration(span.offset_ms)}</strong></div>
        </div>
        <section><h3>Attributes</h3><Fields of={span.attributes} /></section>
        {span.events.length === 0 ? null : (
          <section>
            <h3>Events</h3>
            {span.events.map((event) => (
              <details key={`${event.offset_ms} ${event.name}`} open={span.events.length < 4}>
                <summary>{event.name} <span class="muted">{duration(event.offset_ms)}</span></summary>
                <Fields of={event.attributes} />
              </details>
            ))}
          </section>
        )}
        {span.links.length === 0 ? null : (
          <section>
            <h3>Links</h3>
            {span.links.map((each) => (
              <p key={`${each.trace_id} ${each.span_id}`}><a href={link(`/traces/${each.trace_id}`, { span: each.span_id })}><code>{each.trace_id}</code></a></p>
            ))}
          </section>
        )}
        <section><h3>Resource</h3><Fields of={trace.resources[span.resource] ?? {}} /></section>
        <section><h3>Span</h3><Fields of={{ "span id": span.span_id, kind: span.kind, status: span.status.code, scope: span.scope.name }} /></section>
      </div>
    </aside>
  );
}

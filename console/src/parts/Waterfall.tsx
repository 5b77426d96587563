/** The spans of a trace as bars over its time. */

import type { JSX } from "preact";

import type { Trace } from "../api/types";
import { duration } from "../format";
import { type WaterfallRow, ticks } from "../waterfall";

interface Props {
  trace: Trace;
  rows: WaterfallRow[];
  selected: string | null;
  onSelect: (span: string) => void;
  onToggle: (span: string) => void;
}

export function Waterfall({ trace, rows, selected, onSelect, onToggle }: Props): JSX.Element {
  const total = trace.duration_ms ?? 0;
  const services = new Map(trace.services.map((service, index) => [service.name, index % 8]));
  return (
    <div class="waterfall" role="tree" aria-label="Spans">
      <div class="waterfall-scale">
        <span class="legend"><i class="critical-mark" /> critical path</span>
        <span class="scale">{ticks(total).map((time) => <span key={time} style={{ left: `${(time / Math.max(total, 1e-9)) * 100}%` }}>{duration(time)}</span>)}</span>
      </div>
      {rows.map((row) => {
        const { span } = row;
        const hasError = span.status.code === "error";
        return (
          <div
            key={span.span_id} class={span.span_id === selected ? "span-row selected" : "span-row"} role="treeitem" aria-selected={span.span_id === selected}
            aria-expanded={row.hasChildren ? !row.isCollapsed : undefined} data-span={span.span_id} onClick={() => { onSelect(span.span_id); }}
          >
            <span class="span-name" style={{ paddingLeft: `${Math.min(span.depth, 16) * 14}px` }}>
              <button type="button" class={row.hasChildren ? "fold" : "fold fold-none"} tabIndex={-1} aria-label={row.isCollapsed ? "Unfold" : "Fold"} onClick={(event) => { event.stopPropagation(); onToggle(span.span_id); }}>
                {row.hasChildren ? (row.isCollapsed ? "▸" : "▾") : ""}
              </button>
              <i class={`service-${services.get(span.service ?? "") ?? 7}`} />
              <span class={hasError ? "bad" : ""} title={`${span.service ?? ""} ${span.operation}`}>{hasError ? "! " : ""}{span.operation}</span>
              {span.missing_parent ? <span class="tag" title="its parent is not here (yet)">parent missing</span> : null}
              {span.log_count > 0 ? <small class="muted">{span.log_count} logs</small> : null}
            </span>
            <span class="span-track">
              <span class={`span-bar service-bar-${services.get(span.service ?? "") ?? 7}${hasError ? " bad" : ""}`} style={{ left: `${row.left * 100}%`, width: `${row.width * 100}%` }} />
              {row.critical.map((piece) => <span key={piece.left} class="critical" style={{ left: `${piece.left * 100}%`, width: `${piece.width * 100}%` }} />)}
              {span.events.map((event) => <span key={`${event.offset_ms} ${event.name}`} class="span-event" title={event.name} style={{ left: `${(event.offset_ms / Math.max(total, 1e-9)) * 100}%` }} />)}
              <span class="span-time" style={{ left: `${(row.left + row.width) * 100}%` }}>{duration(span.duration_ms)}</span>
            </span>
          </div>
        );
      })}
    </div>
  );
}

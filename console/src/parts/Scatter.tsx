/** Traces over time: higher is slower, red has errors, larger has more spans. Dragging chooses a range. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";

import type { TraceRow } from "../api/types";
import { clock, duration } from "../format";
import { go } from "../url";

const [WIDTH, HEIGHT] = [1000, 120];

interface Props {
  traces: TraceRow[];
  onRange: (fromMs: number, toMs: number) => void;
}

export function Scatter({ traces, onRange }: Props): JSX.Element {
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const starts = traces.map((trace) => trace.start_ms);
  const [from, to] = [Math.min(...starts), Math.max(...starts)];
  const span = Math.max(to - from, 1000);
  const logs = traces.map((trace) => Math.log10(Math.max(trace.duration_ms, 1e-3)));
  const [low, high] = [Math.min(...logs) - 0.2, Math.max(...logs) + 0.2];
  const x = (ms: number): number => 8 + ((ms - from) / span) * (WIDTH - 16);
  const y = (log: number): number => HEIGHT - 10 - ((log - low) / Math.max(high - low, 0.1)) * (HEIGHT - 20);
  const at = (event: PointerEvent): number => {
    const bounds = box.current?.getBoundingClientRect();
    return bounds === undefined ? 0 : Math.min(1, Math.max(0, (event.clientX - bounds.left) / bounds.width));
  };
  const time = (part: number): number => from + ((part * WIDTH - 8) / (WIDTH - 16)) * span;
  const onUp = (): void => {
    if (drag !== null && Math.abs(drag.to - drag.from) > 0.01) onRange(time(drag.from), time(drag.to));
    setDrag(null);
  };
  return (
    <figure class="scatter">
      <svg
        ref={box} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="Durations of traces over time" preserveAspectRatio="none"
        onPointerDown={(event) => { setDrag({ from: at(event), to: at(event) }); }}
        onPointerMove={(event) => { if (drag !== null) setDrag({ from: drag.from, to: at(event) }); }}
        onPointerUp={onUp} onPointerLeave={() => { setDrag(null); }}
      >
        {[0.25, 0.5, 0.75].map((part) => <line key={part} class="grid" x1="0" x2={WIDTH} y1={HEIGHT * part} y2={HEIGHT * part} />)}
        {traces.map((trace, index) => (
          <ellipse
            key={trace.trace_id} class={trace.error_count > 0 ? "dot-trace bad" : "dot-trace"} cx={x(trace.start_ms)} cy={y(logs[index] ?? 0)}
            rx={radius(trace)} ry={radius(trace)} onClick={() => { go(`/traces/${trace.trace_id}`); }}
          >
            <title>{`${trace.root?.operation ?? ""} ${duration(trace.duration_ms)} at ${clock(trace.start_ms)}`}</title>
          </ellipse>
        ))}
        {drag === null ? null : <rect class="brush" x={Math.min(drag.from, drag.to) * WIDTH} width={Math.abs(drag.to - drag.from) * WIDTH} y="0" height={HEIGHT} />}
      </svg>
      <figcaption><span>{clock(from).slice(0, 8)}</span><span>{duration(10 ** low)} to {duration(10 ** high)}</span><span>{clock(from + span).slice(0, 8)}</span></figcaption>
    </figure>
  );
}

function radius(trace: TraceRow): number {
  return Math.min(8, 3 + Math.log2(1 + trace.span_count) / 1.5);
}

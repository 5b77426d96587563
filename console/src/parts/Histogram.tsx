/** Records over time by level; dragging over it chooses a range. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";

import type { Level, LogHistogram } from "../api/types";
import { clock, dateTime, whole } from "../format";

const ORDER: Level[] = ["unknown", "trace", "debug", "info", "warn", "error", "fatal"];
const HEIGHT = 64;

interface Props {
  histogram: LogHistogram;
  onRange: (fromMs: number, toMs: number) => void;
}

export function Histogram({ histogram, onRange }: Props): JSX.Element {
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const { buckets, bucket_ms: width } = histogram;
  const start = buckets[0]?.start_ms ?? histogram.from_ms;
  const span = Math.max(width * buckets.length, 1);
  const most = Math.max(1, ...buckets.map((bucket) => bucket.total));
  const at = (event: PointerEvent): number => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined) return 0;
    return Math.min(1, Math.max(0, (event.clientX - bounds.left) / bounds.width));
  };
  const onDown = (event: PointerEvent): void => {
    box.current?.setPointerCapture(event.pointerId);
    setDrag({ from: at(event), to: at(event) });
  };
  const onMove = (event: PointerEvent): void => {
    if (drag !== null) setDrag({ from: drag.from, to: at(event) });
    setHover(Math.min(buckets.length - 1, Math.floor(at(event) * buckets.length)));
  };
  const onUp = (): void => {
    if (drag !== null && Math.abs(drag.to - drag.from) > 0.005) onRange(start + drag.from * span, start + drag.to * span);
    setDrag(null);
  };
  const shown = hover === null ? undefined : buckets[hover];
  return (
    <figure class="histogram">
      <svg
        ref={box} viewBox={`0 0 ${buckets.length} ${HEIGHT}`} preserveAspectRatio="none" role="img"
        aria-label={`${whole(histogram.total)} records over time`}
        onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onPointerLeave={() => { setHover(null); }}
      >
        {buckets.map((bucket, index) => bars(bucket.levels, most, index))}
        {drag === null ? null : (
          <rect class="brush" x={Math.min(drag.from, drag.to) * buckets.length} width={Math.abs(drag.to - drag.from) * buckets.length} y="0" height={HEIGHT} />
        )}
      </svg>
      <figcaption>
        <span>{dateTime(histogram.from_ms)}</span>
        <span class="histogram-hover">
          {shown === undefined ? `${whole(histogram.total)} records` : `${clock(shown.start_ms).slice(0, 8)} · ${whole(shown.total)} records`}
          {histogram.complete ? "" : " · counted in part: time was up"}
        </span>
        <span>{dateTime(histogram.to_ms)}</span>
      </figcaption>
    </figure>
  );
}

function bars(levels: LogHistogram["levels"], most: number, index: number): JSX.Element[] {
  let top = HEIGHT;
  return ORDER.flatMap((level) => {
    const count = levels[level] ?? 0;
    if (count === 0) return [];
    const height = Math.max((count / most) * (HEIGHT - 2), 1);
    top -= height;
    return [<rect key={`${index} ${level}`} class={`bar level-fill-${level}`} x={index + 0.08} width={0.84} y={Math.max(top, 0)} height={height} />];
  });
}

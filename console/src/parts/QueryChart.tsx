/** A chart of queries: lines, a legend to toggle them, exemplars that open their trace. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

import { ApiError, api } from "../api/client";
import type { Exemplar } from "../api/types";
import { useAnswer } from "../answer";
import { type Drawn, exemplarsOf, join, last } from "../chart";
import { clock, dateTime, short, whole } from "../format";
import { cssColor, seriesColor, theme } from "../theme";
import { type TimeRange, between, resolveRange } from "../time";
import { go, setParams } from "../url";
import { Empty, ErrorNote } from "./Notes";

const STEPS = 240;

interface Props {
  queries: string[];
  range: TimeRange;
  refreshMs: number;
}

export function QueryChart({ queries, range, refreshMs }: Props): JSX.Element {
  const key = JSON.stringify([queries, range]);
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const answer = useAnswer(key, async (signal) => {
    const { from, to } = resolveRange(range, Date.now());
    const step = Math.max(1000, Math.ceil((to - from) / STEPS / 1000) * 1000);
    const ask = { from: Math.floor(from / step) * step, to: Math.ceil(to / step) * step, step };
    const [answers, exemplars] = await Promise.all([
      Promise.all(queries.map((query) => api.range({ query, ...ask }, signal))),
      Promise.all(queries.map((query) => api.exemplars({ query, from: ask.from, to: ask.to }, signal).catch((error: unknown) => {
        if (error instanceof ApiError) return { series: [], truncated: false };
        throw error;
      }))),
    ]);
    return { drawn: join(answers.map((each, index) => ({ query: queries[index] ?? "", answer: each }))), exemplars: exemplarsOf(exemplars) };
  }, refreshMs);
  const value = answer.value;
  const toggle = (name: string): void => {
    const next = new Set(off);
    if (!next.delete(name)) next.add(name);
    setOff(next);
  };
  return (
    <div class="chart-box" aria-busy={answer.loading}>
      <ErrorNote error={answer.error} />
      {value === null ? null : value.drawn.lines.length === 0 && answer.error === null ? (
        <Empty title="No series in this range">The metric may be newer than the range, or its labels do not match.</Empty>
      ) : (
        <>
          <Chart drawn={value.drawn} exemplars={value.exemplars} off={off} />
          <ul class="legend-list">
            {value.drawn.lines.map((line, index) => (
              <li key={line.key}>
                <button type="button" class={off.has(line.key) ? "off" : ""} aria-pressed={!off.has(line.key)} onClick={() => { toggle(line.key); }}>
                  <i class={`series-${(index % 8) + 1}`} /><span>{line.name}</span><strong>{number(last(line.values))}</strong>
                </button>
              </li>
            ))}
          </ul>
          {value.drawn.hidden > 0 ? <p class="muted">{whole(value.drawn.hidden)} more series are not drawn; aggregate, or add matchers</p> : null}
          {value.exemplars.length > 0 ? <p class="muted">{whole(value.exemplars.length)} exemplars: a diamond opens its trace</p> : null}
        </>
      )}
    </div>
  );
}

function number(value: number | null): string {
  return value === null ? "–" : short(value);
}

function Chart({ drawn, exemplars, off }: { drawn: Drawn; exemplars: Exemplar[]; off: ReadonlySet<string> }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const points = useRef(exemplars);
  points.current = exemplars;
  const shape = drawn.lines.map((line) => line.key).join("\n") + theme.value;
  const data = useMemo<uPlot.AlignedData>(() => [drawn.times.map((ms) => ms / 1000), ...drawn.lines.map((line) => line.values)], [drawn]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const plot = new uPlot(options(element, drawn, () => points.current), data, element);
    chart.current = plot;
    const observer = new ResizeObserver(() => { plot.setSize({ width: element.clientWidth, height: height() }); });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => { chart.current?.setData(data); }, [data]);
  useEffect(() => { drawn.lines.forEach((line, index) => { chart.current?.setSeries(index + 1, { show: !off.has(line.key) }); }); }, [off, shape]);
  const label = `Chart of ${drawn.lines.map((line) => line.name).join(", ")}`;
  return <div class="chart-wrap"><div class="chart" ref={box} role="img" aria-label={label} /></div>;
}

function height(): number {
  return innerWidth < 700 ? 260 : 360;
}

function options(element: HTMLElement, drawn: Drawn, exemplars: () => Exemplar[]): uPlot.Options {
  const [text, grid] = [cssColor("--muted"), cssColor("--grid")];
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "11px system-ui, sans-serif" };
  return {
    width: element.clientWidth,
    height: height(),
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: { y: { range: (_plot, low, high) => [Math.min(0, low), high > low || high > 0 ? high * 1.06 : 1] } },
    axes: [{ ...axis, values: (_plot, splits) => timesOf(splits) }, { ...axis, size: 56, values: (_plot, values) => values.map((value) => short(value)) }],
    series: [{}, ...drawn.lines.map((line, index): uPlot.Series => ({ label: line.name, stroke: seriesColor(index), width: 1.75, spanGaps: false, points: { show: false } }))],
    hooks: {
      setSelect: [(plot) => {
        if (plot.select.width < 4) return;
        const [from, to] = [plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x")];
        setParams({ ...between(from * 1000, to * 1000) });
      }],
      draw: [(plot) => { drawExemplars(plot, exemplars()); }],
      ready: [(plot) => { openOnClick(plot, exemplars); }],
    },
  };
}

/** Clock times in 24 hours; the day in front where there is more than one. */
function timesOf(splits: number[]): string[] {
  const [first, second, last] = [splits[0] ?? 0, splits[1] ?? 0, splits.at(-1) ?? 0];
  return splits.map((seconds) => {
    const time = clock(seconds * 1000).slice(0, second - first < 60 ? 8 : 5);
    return last - first > 86_400 ? `${dateTime(seconds * 1000).slice(5, 10)} ${time}` : time;
  });
}

function drawExemplars(plot: uPlot, exemplars: Exemplar[]): void {
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = cssColor("--accent");
  ctx.strokeStyle = cssColor("--surface");
  ctx.lineWidth = devicePixelRatio;
  const half = 5 * devicePixelRatio;
  for (const exemplar of exemplars) {
    const at = place(plot, exemplar, true);
    if (at === null) continue;
    ctx.beginPath();
    for (const [x, y] of [[0, -half], [half, 0], [0, half], [-half, 0]] as const) ctx.lineTo(at.x + x, at.y + y);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/** Where an exemplar is drawn; above the scale it stays at the top edge. */
function place(plot: uPlot, exemplar: Exemplar, onCanvas: boolean): { x: number; y: number } | null {
  const [scale, seconds] = [plot.scales["y"], exemplar.time_ms / 1000];
  const [min, max] = [plot.scales["x"]?.min ?? 0, plot.scales["x"]?.max ?? 0];
  if (seconds < min || seconds > max) return null;
  const value = Math.min(exemplar.value, scale?.max ?? exemplar.value);
  return { x: plot.valToPos(seconds, "x", onCanvas), y: plot.valToPos(value, "y", onCanvas) };
}

function openOnClick(plot: uPlot, exemplars: () => Exemplar[]): void {
  plot.over.addEventListener("click", (event) => {
    const near = exemplars().map((exemplar) => ({ exemplar, at: place(plot, exemplar, false) }))
      .map(({ exemplar, at }) => ({ exemplar, far: at === null ? Infinity : Math.hypot(at.x - event.offsetX, at.y - event.offsetY) }))
      .sort((a, b) => a.far - b.far)[0];
    if (near !== undefined && near.far < 12 && near.exemplar.trace_id !== null) {
      go(`/traces/${near.exemplar.trace_id}`, { span: near.exemplar.span_id });
    }
  });
  plot.over.title = `from ${clock((plot.scales["x"]?.min ?? 0) * 1000)}; drag to choose a range`;
}

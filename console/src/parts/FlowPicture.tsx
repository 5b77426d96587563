/** The way of the records: receivers, processors, spool, exporters, and the streams between them. */

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import type { DeliveredFlow, Exporter, Pipeline } from "../api/types";
import { type Rates, componentName, rateOf, streamSeconds, streamWidth } from "../flow";
import { bytes, duration, short, whole } from "../format";
import { Sparkline } from "./Sparkline";

interface Stream {
  key: string;
  path: string;
  rate: number;
  tone: string;
}

export function FlowPicture({ pipeline, rates }: { pipeline: Pipeline; rates: Rates }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const streams = useStreams(box, pipeline);
  return (
    <div class="flow" ref={box}>
      <svg class="streams" aria-hidden="true">
        {streams.map((stream) => (
          <g key={stream.key} class={`stream ${stream.tone}`}>
            <path class="bed" d={stream.path} style={{ strokeWidth: `${streamWidth(stream.rate)}px` }} />
            {stream.rate > 0 ? <path class="drops" d={stream.path} style={{ animationDuration: `${streamSeconds(stream.rate)}s` }} /> : null}
          </g>
        ))}
      </svg>
      <Column title="Receivers">
        {pipeline.receivers.map((receiver) => (
          <Card key={receiver.name} id={`from ${receiver.name}`} title={componentName(receiver.name)} note={receiver.endpoint} rate={rateOf(receiver.flows)} values={rates.get(`receiver ${receiver.name}`)}>
            <dl class="facts">
              {shownFlows(receiver.flows).map((flow) => (
                <div key={flow.signal}><dt>{flow.signal}</dt><dd>{whole(flow.records_total)}{flow.bytes_per_second === null ? "" : ` · ${bytes(flow.bytes_per_second)}/s`}</dd></div>
              ))}
            </dl>
          </Card>
        ))}
      </Column>
      <Column title="Processors">
        <div class="stack" data-node="processors">
        {pipeline.processors.map((processor) => (
          <div key={processor.name} class="card" data-node={`through ${processor.name}`}>
            <header><strong>{componentName(processor.name)}</strong></header>
            <dl class="facts">
              {processor.flows.flatMap((flow) => flow.dropped.map((drop) => (
                <div key={`${flow.signal} ${drop.reason}`}><dt>{flow.signal}, {drop.reason}</dt><dd>{whole(drop.records_total)} dropped</dd></div>
              )))}
            </dl>
          </div>
        ))}
        {pipeline.processors.length > 0 ? null : (
          <div class="card"><header><strong>Correlate, enrich</strong></header><p class="muted">nothing dropped here</p></div>
        )}
        </div>
      </Column>
      <Column title="Spool"><SpoolCard pipeline={pipeline} /></Column>
      <Column title="Exporters">
        {pipeline.exporters.map((exporter) => <ExporterCard key={exporter.name} exporter={exporter} values={rates.get(`exporter ${exporter.name}`)} now={pipeline.now_ms} />)}
      </Column>
    </div>
  );
}

function Column({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return <section class="column"><h2>{title}</h2>{children}</section>;
}

interface CardProps {
  id: string;
  title: string;
  note: string | null;
  rate: number;
  values: number[] | undefined;
  tone?: string;
  children: ComponentChildren;
}

function Card({ id, title, note, rate, values, tone = "", children }: CardProps): JSX.Element {
  return (
    <div class={`card ${tone}`} data-node={id}>
      <header>
        <strong>{title}</strong>
        <span class="rate">{short(rate)}<small>/s</small></span>
      </header>
      {note === null ? null : <p class="endpoint" title={note}>{note}</p>}
      <Sparkline values={values ?? []} label={`${title}, records per second over the last two minutes`} />
      {children}
    </div>
  );
}

function SpoolCard({ pipeline }: { pipeline: Pipeline }): JSX.Element {
  const { spool } = pipeline;
  const share = Math.min(1, spool.bytes / Math.max(spool.bytes_max, 1));
  return (
    <div class={spool.disk_full ? "card card-bad" : "card"} data-node="spool">
      <header><strong>On disk</strong><span class="rate">{bytes(spool.bytes)}</span></header>
      <div class="meter" role="img" aria-label={`${Math.round(share * 100)} % of ${bytes(spool.bytes_max)}`}><div style={{ width: `${share * 100}%` }} /></div>
      <dl class="facts">
        {spool.flows.map((flow) => (
          <div key={flow.signal}>
            <dt>{flow.signal}</dt>
            <dd>{bytes(flow.bytes)}{flow.oldest_seconds === null ? "" : ` · oldest ${duration(flow.oldest_seconds * 1000)}`}</dd>
          </div>
        ))}
        {spool.disk_full ? <div><dt class="bad">the disk is full</dt><dd>receivers wait</dd></div> : null}
      </dl>
    </div>
  );
}

const STATES = { ok: "delivers", retrying: "does not get through", idle: "nothing yet" };

function ExporterCard({ exporter, values, now }: { exporter: Exporter; values: number[] | undefined; now: number }): JSX.Element {
  const retrying = exporter.state === "retrying";
  const since = exporter.retrying_since_ms === null ? "" : ` for ${duration(now - exporter.retrying_since_ms)}`;
  return (
    <Card id={`to ${exporter.name}`} title={componentName(exporter.name)} note={exporter.endpoint} rate={rateOf(exporter.flows)} values={values} tone={retrying ? "card-bad" : ""}>
      <p class={`state state-${exporter.state}`}>{STATES[exporter.state]}{since}</p>
      {retrying && exporter.last_error !== null ? <p class="reason">{exporter.last_error}</p> : null}
      {exporter.time_to_loss_seconds === null ? null : <p class="reason">loss in {duration(exporter.time_to_loss_seconds * 1000)}, as things stand</p>}
      <dl class="facts">
        {exporter.flows.map((flow) => (
          <div key={flow.signal}>
            <dt>{flow.signal}</dt>
            <dd>
              {whole(flow.records_total)}
              {flow.bytes_per_second === null ? "" : ` · ${bytes(flow.bytes_per_second)}/s`}
              <small>{whole(flow.held)} held{flow.lag_seconds === null ? "" : ` · lag ${duration(flow.lag_seconds * 1000)}`}{droppedOf(flow)}</small>
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** Streams from each receiver through the processors into the spool, and out of it to each exporter. */
function useStreams(box: { current: HTMLDivElement | null }, pipeline: Pipeline): Stream[] {
  const [size, setSize] = useState(0);
  const [streams, setStreams] = useState<Stream[]>([]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => { setSize((before) => before + 1); });
    if (box.current !== null) observer.observe(box.current);
    return () => { observer.disconnect(); };
  }, []);
  useLayoutEffect(() => {
    const bounds = box.current?.getBoundingClientRect();
    const [processors, spool] = [node(box, "processors"), node(box, "spool")];
    if (bounds === undefined || processors === null || spool === null) return;
    const isWide = spool.left - bounds.left > bounds.width / 4;
    if (!isWide) {
      setStreams([]);
      return;
    }
    const between = (from: DOMRect, to: DOMRect): string => {
      const [x1, y1] = [from.right - bounds.left, port(from) - bounds.top];
      const [x2, y2] = [to.left - bounds.left, port(to) - bounds.top];
      const bend = (x2 - x1) / 2;
      return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    };
    const incoming = pipeline.receivers.flatMap((receiver) => {
      const from = node(box, `from ${receiver.name}`);
      return from === null ? [] : [{ key: `from ${receiver.name}`, path: between(from, processors), rate: rateOf(receiver.flows), tone: "" }];
    });
    const received = pipeline.receivers.reduce((sum, receiver) => sum + rateOf(receiver.flows), 0);
    const trunk = { key: "trunk", path: between(processors, spool), rate: received, tone: "" };
    const outgoing = pipeline.exporters.flatMap((exporter) => {
      const to = node(box, `to ${exporter.name}`);
      const tone = exporter.state === "retrying" ? "stream-bad" : "";
      return to === null ? [] : [{ key: `to ${exporter.name}`, path: between(spool, to), rate: rateOf(exporter.flows), tone }];
    });
    setStreams([...incoming, trunk, ...outgoing]);
  }, [size, pipeline]);
  return streams;
}

/** Signals that nothing came of yet are left out, unless nothing came at all. */
function shownFlows<T extends { records_total: number }>(flows: T[]): T[] {
  const busy = flows.filter((flow) => flow.records_total > 0);
  return busy.length > 0 ? busy : flows.slice(0, 1);
}

function droppedOf(flow: DeliveredFlow): string {
  return flow.dropped.filter((drop) => drop.records_total > 0).map((drop) => ` · ${whole(drop.records_total)} ${drop.reason}`).join("");
}

/** Where streams meet a card: at its middle, or near the top of a tall one. */
function port(card: DOMRect): number {
  return card.top + Math.min(card.height / 2, 48);
}

function node(box: { current: HTMLDivElement | null }, name: string): DOMRect | null {
  return box.current?.querySelector(`[data-node="${CSS.escape(name)}"]`)?.getBoundingClientRect() ?? null;
}

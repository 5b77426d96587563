/** Pipeline: every part with its flow, and the books, live. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { api } from "../api/client";
import { pipelineLive } from "../api/live";
import type { Pipeline, PipelineEvent } from "../api/types";
import { useAnswer } from "../answer";
import { type Rates, withEvent } from "../flow";
import { bytes, duration, short, whole } from "../format";
import { Copy, Empty, ErrorNote } from "../parts/Notes";
import { FlowPicture } from "../parts/FlowPicture";
import { LedgerTable } from "../parts/LedgerTable";

interface Live {
  event: PipelineEvent | null;
  rates: Rates;
  connected: boolean;
}

export function PipelinePage(): JSX.Element {
  const [live, setLive] = useState<Live>({ event: null, rates: new Map(), connected: true });
  const status = useAnswer("status", api.status);
  useEffect(
    () => pipelineLive(
      (event) => { setLive((before) => ({ event, rates: withEvent(before.rates, event.pipeline), connected: true })); },
      (connected) => { setLive((before) => ({ ...before, connected })); },
    ),
    [],
  );
  const { event, rates, connected } = live;
  return (
    <div class="pipeline">
      <ErrorNote error={status.error} />
      {connected ? null : <div class="note note-warn" role="status">weir does not answer; connecting again</div>}
      {event === null ? <Empty title="Waiting for the first second" /> : (
        <>
          <Headline pipeline={event.pipeline} balances={event.ledger.balances} />
          <FlowPicture pipeline={event.pipeline} rates={rates} />
          <LedgerTable ledger={event.ledger} />
          <Drops pipeline={event.pipeline} />
        </>
      )}
      {status.value === null || status.value.inputs.length === 0 ? null : (
        <section>
          <h2>Send it something</h2>
          <div class="inputs">
            {status.value.inputs.map((input) => (
              <div key={input.kind}>
                <h3>{INPUTS[input.kind]}</h3>
                <Copy text={input.example} />
              </div>
            ))}
          </div>
        </section>
      )}
    </div>
  );
}

const INPUTS = {
  otlp_grpc: "Traces and logs, OTLP over gRPC",
  otlp_http: "Traces and logs, OTLP over HTTP",
  scrape: "Metrics, a target to scrape",
  logs: "Logs, a line in a file",
};

function Headline({ pipeline, balances }: { pipeline: Pipeline; balances: boolean }): JSX.Element {
  const sum = (flows: { records_per_second: number }[][]): number => flows.flat().reduce((all, flow) => all + flow.records_per_second, 0);
  const received = sum(pipeline.receivers.map((receiver) => receiver.flows));
  const held = Math.max(0, ...pipeline.exporters.map((exporter) => exporter.flows.reduce((all, flow) => all + flow.held, 0)));
  const dropped = pipeline.drops.reduce((all, drop) => all + drop.records_total, 0);
  const lags = pipeline.exporters.flatMap((exporter) => exporter.flows.map((flow) => flow.lag_seconds)).filter((lag) => lag !== null);
  return (
    <div class="headline">
      <Figure name="received" value={`${short(received)}/s`} />
      <Figure name="lag" value={lags.length === 0 ? "–" : duration(Math.max(...lags) * 1000)} />
      <Figure name="held" value={whole(held)} tone={pipeline.exporters.some((exporter) => exporter.state === "retrying") ? "warn" : ""} />
      <Figure name="dropped" value={whole(dropped)} tone={dropped > 0 ? "warn" : ""} />
      <Figure name="spool" value={`${bytes(pipeline.spool.bytes)} of ${bytes(pipeline.spool.bytes_max)}`} />
      <Figure name="books" value={balances ? "balance" : "do not balance"} tone={balances ? "good" : "bad"} />
      {pipeline.state === "ready" ? null : <div class="note note-warn">not ready: {pipeline.reasons.join("; ")}</div>}
    </div>
  );
}

function Figure({ name, value, tone = "" }: { name: string; value: string; tone?: string }): JSX.Element {
  return <div class={`figure ${tone}`}><span>{name}</span><strong>{value}</strong></div>;
}

function Drops({ pipeline }: { pipeline: Pipeline }): JSX.Element {
  const drops = pipeline.drops.filter((drop) => drop.records_total > 0);
  return (
    <section>
      <h2>Dropped, by reason</h2>
      {drops.length === 0 ? <p class="muted">Nothing was dropped since the start.</p> : (
        <div class="scroll-x">
          <table class="table">
            <thead><tr><th>Signal</th><th>By</th><th>Reason</th><th class="number">Records</th><th class="number">per second</th></tr></thead>
            <tbody>
              {drops.map((drop) => (
                <tr key={`${drop.signal} ${drop.component} ${drop.reason}`}>
                  <td>{drop.signal}</td><td>{drop.component}</td><td>{drop.reason}</td>
                  <td class="number">{whole(drop.records_total)}</td><td class="number">{short(drop.records_per_second)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

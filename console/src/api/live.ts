/** Live streams of the API. The browser connects again by itself. */

import { address, type Query } from "./client";
import type { PipelineEvent, TailRecords, TailStatus } from "./types";

/** Ends a stream. */
export type Close = () => void;

function open(path: string, query: Query, handlers: Record<string, (data: never) => void>, onState: (connected: boolean) => void): Close {
  const source = new EventSource(address(path, query));
  source.onopen = () => { onState(true); };
  source.onerror = () => { onState(false); };
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event: MessageEvent<string>) => { handler(JSON.parse(event.data) as never); });
  }
  return () => { source.close(); };
}

export function pipelineLive(onEvent: (event: PipelineEvent) => void, onState: (connected: boolean) => void): Close {
  return open("/pipeline/live", {}, { pipeline: onEvent }, onState);
}

export function tailLive(
  query: Query,
  onRecords: (event: TailRecords) => void,
  onStatus: (event: TailStatus) => void,
  onState: (connected: boolean) => void,
): Close {
  return open("/logs/tail", query, { records: onRecords, status: onStatus }, onState);
}

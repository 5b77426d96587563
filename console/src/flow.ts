/** What the pipeline page keeps beside the newest event: two minutes of rates, and how wide the streams are. */

import type { Pipeline } from "./api/types";

export const POINTS_MAX = 120;

/** Rates by component, oldest first. */
export type Rates = ReadonlyMap<string, number[]>;

/** Records per second of a component, all signals together. */
export function rateOf(flows: { records_per_second: number }[]): number {
  return flows.reduce((sum, flow) => sum + flow.records_per_second, 0);
}

/** The rates with those of another event behind them; components that are gone are left out. */
export function withEvent(rates: Rates, pipeline: Pipeline): Rates {
  const next = new Map<string, number[]>();
  const add = (name: string, rate: number): void => {
    next.set(name, [...(rates.get(name) ?? []), rate].slice(-POINTS_MAX));
  };
  for (const receiver of pipeline.receivers) add(`receiver ${receiver.name}`, rateOf(receiver.flows));
  for (const exporter of pipeline.exporters) add(`exporter ${exporter.name}`, rateOf(exporter.flows));
  return next;
}

/** Pixels of a stream's line: a hair for nothing, and then with the order of magnitude. */
export function streamWidth(rate: number): number {
  return rate <= 0 ? 1.5 : Math.min(10, 2.5 + Math.log10(1 + rate) * 1.6);
}

/** Seconds that a drop takes along a stream: faster with more records. */
export function streamSeconds(rate: number): number {
  return Math.max(0.5, 3 - Math.log10(1 + rate) * 0.6);
}

/** Names as people say them. */
export function componentName(name: string): string {
  const known: { [name: string]: string } = {
    scrape: "Scrape", host_metrics: "Host metrics", tail: "Log files", journald: "Journal", otlp_grpc: "OTLP gRPC",
    otlp_http: "OTLP HTTP", own: "weir itself", store: "Store", sampling: "Sampling", intake: "Intake",
  };
  return known[name] ?? name;
}

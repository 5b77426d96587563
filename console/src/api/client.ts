/** Requests to the API, each typed by its answer. Nothing but this server is ever asked. */

import type {
  ExemplarsAnswer, Facets, LogContext, LogHistogram, LogPage, LogRecord, MetricName, RangeAnswer, Relabelling,
  Services, Status, Targets, Trace, TracePage,
} from "./types";

const BASE = "/api/v1";

/** What a request carries; lists are repeated, empty texts and absent values left out. */
export type Query = { [name: string]: string | number | boolean | string[] | null | undefined };

/** An error as the API tells it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(status: number, code: string, message: string, remedy: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

/** The address of an endpoint with its query. */
export function address(path: string, query: Query = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) value.forEach((each) => { pairs.append(name, each); });
    else if (value !== null && value !== undefined && value !== "") pairs.append(name, String(value));
  }
  const text = pairs.toString();
  return `${BASE}${path}${text === "" ? "" : `?${text}`}`;
}

/** What an answer with an error status says, whatever its form. */
export function errorOf(status: number, body: unknown): ApiError {
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : null;
  const text = (name: string): string => {
    if (typeof error !== "object" || error === null) return "";
    const value = (error as Record<string, unknown>)[name];
    return typeof value === "string" ? value : "";
  };
  return new ApiError(status, text("code") || "unknown", text("message") || `the server answered ${status}`, text("remedy"));
}

async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address(path, query), signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, "unreachable", "weir does not answer", "it may have ended; start it again with: weir dev");
  }
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw errorOf(answer.status, body);
  return body as T;
}

const id = encodeURIComponent;

export const api = {
  status: (signal?: AbortSignal) => get<Status>("/status", {}, signal),
  logs: (query: Query, signal?: AbortSignal) => get<LogPage>("/logs", query, signal),
  log: (log: string, signal?: AbortSignal) => get<LogRecord>(`/logs/${id(log)}`, {}, signal),
  context: (log: string, lines: number, signal?: AbortSignal) =>
    get<LogContext>(`/logs/${id(log)}/context`, { before: lines, after: lines }, signal),
  histogram: (query: Query, signal?: AbortSignal) => get<LogHistogram>("/logs/histogram", query, signal),
  facets: (query: Query, signal?: AbortSignal) => get<Facets>("/logs/facets", query, signal),
  services: (query: Query, signal?: AbortSignal) => get<Services>("/services", query, signal),
  traces: (query: Query, signal?: AbortSignal) => get<TracePage>("/traces", query, signal),
  trace: (trace: string, signal?: AbortSignal) => get<Trace>(`/traces/${id(trace)}`, {}, signal),
  metricNames: (query: Query, signal?: AbortSignal) =>
    get<{ metrics: MetricName[]; truncated: boolean }>("/metrics/names", query, signal),
  labels: (match: string, signal?: AbortSignal) =>
    get<{ labels: { name: string; series: number; values: number }[] }>("/metrics/labels", { match }, signal),
  range: (query: Query, signal?: AbortSignal) => get<RangeAnswer>("/metrics/query_range", query, signal),
  exemplars: (query: Query, signal?: AbortSignal) => get<ExemplarsAnswer>("/metrics/exemplars", query, signal),
  targets: (signal?: AbortSignal) => get<Targets>("/targets", {}, signal),
  relabelling: (target: string, signal?: AbortSignal) =>
    get<Relabelling>(`/targets/${id(target)}/relabelling`, {}, signal),
};

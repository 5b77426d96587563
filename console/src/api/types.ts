/** Answers of the API, version 1, as docs/api.md describes them. */

export type Level = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "unknown";
export type SignalName = "metrics" | "logs" | "traces";
/** JSON as records carry it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export type Labels = { [name: string]: string };

export interface Input {
  kind: "otlp_grpc" | "otlp_http" | "scrape" | "logs";
  address: string | null;
  example: string;
}

export interface StoredSignal {
  signal: SignalName;
  records: number;
  oldest_ms: number | null;
  newest_ms: number | null;
  dropped: { reason: string; records: number }[];
}

export interface Status {
  version: string;
  now_ms: number;
  started_ms: number;
  inputs: Input[];
  store: { bytes: number; bytes_max: number; age_max_seconds: number; signals: StoredSignal[] };
}

export interface LogRow {
  id: string;
  time_ms: number;
  level: Level;
  service: string | null;
  message: string;
  truncated: boolean;
  source: string | null;
  trace_id: string | null;
  span_id: string | null;
}

export interface LogPage {
  records: LogRow[];
  next_cursor: string | null;
  complete: boolean;
  scanned: number;
  took_ms: number;
}

export interface LogRecord extends LogRow {
  time: string;
  observed_ms: number | null;
  received_ms: number;
  severity_number: number;
  severity_text: string;
  body: string;
  json: JsonObject | null;
  attributes: JsonObject;
  resource: JsonObject;
  scope: { name: string; version: string };
  file: { path: string; id: string; offset: number } | null;
  trace_exists: boolean;
}

export interface LogContext {
  before: LogRow[];
  record: LogRow;
  after: LogRow[];
  by: "file" | "service";
}

export type LevelCounts = { [level in Level]?: number };

export interface LogHistogram {
  from_ms: number;
  to_ms: number;
  bucket_ms: number;
  buckets: { start_ms: number; total: number; levels: LevelCounts }[];
  total: number;
  levels: LevelCounts;
  complete: boolean;
  covered_from_ms: number;
  took_ms: number;
}

export interface Facet {
  field: string;
  records: number;
  distinct: number;
  values: { value: string; records: number }[];
}

export interface Facets {
  records: number;
  sampled: boolean;
  facets: Facet[];
  complete: boolean;
}

export interface TailRecords {
  records: LogRow[];
  matched: number;
  sent: number;
  skipped: number;
}

export interface TailStatus {
  now_ms: number;
  matched_per_second: number;
  sent_per_second: number;
  lost: number;
}

export interface Operation {
  name: string;
  kind: string;
  spans: number;
  errors: number;
  p50_ms: number;
  p99_ms: number;
}

export interface Services {
  services: { name: string; spans: number; errors: number; logs: number; operations: Operation[] }[];
  complete: boolean;
}

export interface RootSpan {
  service: string | null;
  operation: string;
  kind: string;
}

export interface TraceRow {
  trace_id: string;
  start_ms: number;
  duration_ms: number;
  root: RootSpan | null;
  span_count: number;
  error_count: number;
  services: { name: string; spans: number }[];
}

export interface TracePage {
  traces: TraceRow[];
  next_cursor: string | null;
  complete: boolean;
  took_ms: number;
}

export interface Span {
  span_id: string;
  parent_span_id: string | null;
  missing_parent: boolean;
  depth: number;
  service: string | null;
  operation: string;
  kind: string;
  start_ms: number;
  offset_ms: number;
  duration_ms: number;
  self_ms: number;
  status: { code: "unset" | "ok" | "error"; message: string };
  scope: { name: string; version: string };
  resource: number;
  attributes: JsonObject;
  events: { time_ms: number; offset_ms: number; name: string; attributes: JsonObject }[];
  links: { trace_id: string; span_id: string; attributes: JsonObject }[];
  log_count: number;
}

export interface Trace {
  trace_id: string;
  start_ms: number | null;
  duration_ms: number | null;
  root: RootSpan | null;
  span_count: number;
  error_count: number;
  services: { name: string; spans: number }[];
  resources: JsonObject[];
  spans: Span[];
  critical_path: { span_id: string; from_ms: number; to_ms: number }[];
  logs: LogRow[];
  logs_truncated: boolean;
  truncated: boolean;
}

export interface MetricName {
  name: string;
  kind: string;
  unit: string | null;
  help: string | null;
  series: number;
  has_exemplars: boolean;
}

export interface Series {
  labels: Labels;
  values: (number | null)[];
}

export interface RangeAnswer {
  from_ms: number;
  to_ms: number;
  step_ms: number;
  times_ms: number[];
  series: Series[];
  series_total: number;
  took_ms: number;
}

export interface Exemplar {
  time_ms: number;
  value: number;
  trace_id: string | null;
  span_id: string | null;
  labels: Labels;
  trace_exists: boolean;
}

export interface ExemplarsAnswer {
  series: { labels: Labels; exemplars: Exemplar[] }[];
  truncated: boolean;
}

export interface Target {
  id: string;
  job: string;
  url: string;
  health: "up" | "down" | "unknown" | "dropped";
  last_error: string | null;
  last_scrape_ms: number | null;
  duration_seconds: number | null;
  samples: number | null;
  interval_seconds: number;
  labels: Labels | null;
  discovered_labels: Labels;
  relabelled: boolean;
}

export interface Targets {
  now_ms: number;
  targets: Target[];
  dropped: number;
}

export interface RelabelStep {
  rule: {
    action: string;
    source_labels: string[];
    separator: string;
    regex: string;
    target_label: string | null;
    replacement: string | null;
    modulus: number | null;
  };
  changes: { label: string; before: string | null; after: string | null }[];
  outcome: "changed" | "unchanged" | "dropped";
}

export interface Relabelling {
  id: string;
  job: string;
  discovered_labels: Labels;
  steps: RelabelStep[];
  labels: Labels | null;
}

export interface DropCount {
  reason: string;
  records_total: number;
  records_per_second: number;
}

export interface ReceivedFlow {
  signal: SignalName;
  records_total: number;
  records_per_second: number;
  bytes_total: number | null;
  bytes_per_second: number | null;
}

export interface DeliveredFlow extends ReceivedFlow {
  deduplicated_total: number;
  held: number;
  lag_seconds: number | null;
  oldest_seconds: number | null;
  dropped: DropCount[];
}

export interface Exporter {
  name: string;
  kind: string;
  endpoint: string | null;
  state: "ok" | "retrying" | "idle";
  retrying_since_ms: number | null;
  last_error: string | null;
  in_flight: number;
  time_to_loss_seconds: number | null;
  flows: DeliveredFlow[];
}

export interface Pipeline {
  now_ms: number;
  window_seconds: number;
  state: "ready" | "not_ready";
  reasons: string[];
  receivers: { name: string; endpoint: string | null; flows: ReceivedFlow[] }[];
  processors: { name: string; flows: { signal: SignalName; dropped: DropCount[] }[] }[];
  spool: {
    bytes: number;
    bytes_max: number;
    disk_full: boolean;
    sync_failures: number;
    flows: { signal: SignalName; pending: number; bytes: number; oldest_seconds: number | null; damaged_frames: number }[];
  };
  exporters: Exporter[];
  drops: (DropCount & { signal: SignalName; component: string })[];
}

export interface Account {
  name: string;
  balances: boolean;
  imbalance: number;
  received: number;
  arriving: number;
  recovered: number;
  before: number;
  delivered: number;
  deduplicated: number;
  held: number;
  dropped_before_spool: number;
  dropped: number;
  equation: string;
}

export interface Ledger {
  now_ms: number;
  balances: boolean;
  signals: {
    signal: SignalName;
    received_total: number;
    pending: number;
    exporters: Account[];
  }[];
}

export interface PipelineEvent {
  pipeline: Pipeline;
  ledger: Ledger;
}

/** Queries for metrics that a person picks by name. */

import type { Labels, MetricName } from "./api/types";

export const AGGREGATIONS = ["sum", "avg", "max", "min", "count"] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

const WINDOW = "1m";

function selector(name: string): string {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? name : `{${JSON.stringify(name)}}`;
}

/** What one wants to see of a metric first: rates of counters, a quantile of histograms, gauges as they are. */
export function queryFor(metric: Pick<MetricName, "name" | "kind">): string {
  const name = selector(metric.name);
  if (metric.name.endsWith("_bucket")) return quantile(metric.name, 0.95);
  if (metric.kind === "counter" || /_(total|sum|count)$/.test(metric.name)) return `rate(${name}[${WINDOW}])`;
  return name;
}

export function quantile(bucket: string, q: number, by: string[] = []): string {
  return `histogram_quantile(${q}, sum by (${["le", ...by].join(", ")}) (rate(${selector(bucket)}[${WINDOW}])))`;
}

const AGGREGATED = /^(sum|avg|max|min|count)(?: by \(([^)]*)\))? \((.*)\)$/s;

/** The query with another aggregation around it, in place of one that is there. */
export function aggregate(query: string, aggregation: Aggregation | null, by: string[]): string {
  const inner = AGGREGATED.exec(query.trim())?.[3] ?? query.trim();
  if (aggregation === null) return inner;
  return by.length === 0 ? `${aggregation} (${inner})` : `${aggregation} by (${by.join(", ")}) (${inner})`;
}

/** The aggregation around a query. */
export function aggregationOf(query: string): { aggregation: Aggregation | null; by: string[] } {
  const found = AGGREGATED.exec(query.trim());
  if (found === null) return { aggregation: null, by: [] };
  const by = (found[2] ?? "").split(",").map((label) => label.trim()).filter((label) => label !== "");
  return { aggregation: found[1] as Aggregation, by };
}

const WORDS_OF_THE_LANGUAGE = new Set([
  "sum", "avg", "max", "min", "count", "by", "without", "rate", "increase", "irate", "delta", "histogram_quantile",
  "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time", "offset",
]);

/** The first selector in a query, for its labels. */
export function selectorOf(query: string): string | null {
  const bare = query.replace(/\b(by|without)\s*\([^)]*\)/g, "").replace(/\[[^\]]*\]/g, "");
  for (const [found, name] of bare.matchAll(/([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{[^}]*\})?/g)) {
    if (name !== undefined && !WORDS_OF_THE_LANGUAGE.has(name)) return found;
  }
  return null;
}

/** Labels as a legend shows them: name first, then the rest. */
export function seriesName(labels: Labels, fallback: string): string {
  const { __name__: name, ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${value}`);
  if (pairs.length === 0) return name ?? fallback;
  return `${name ?? ""}{${pairs.join(", ")}}`;
}

/** The range of time that a page shows: relative to now, or fixed. */

import { dateTime, duration } from "./format";

/** Both ends as the API takes them: `now`, `now-15m`, or milliseconds since 1970. */
export interface TimeRange {
  from: string;
  to: string;
}

export const RANGES: { label: string; from: string }[] = [
  { label: "5 minutes", from: "now-5m" },
  { label: "15 minutes", from: "now-15m" },
  { label: "1 hour", from: "now-1h" },
  { label: "6 hours", from: "now-6h" },
  { label: "24 hours", from: "now-24h" },
  { label: "7 days", from: "now-7d" },
];

export const DEFAULT_RANGE: TimeRange = { from: "now-15m", to: "now" };

const UNIT_MS: { [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds since 1970 of one end; null when it is no time. */
export function resolve(text: string, nowMs: number): number | null {
  if (text === "now") return nowMs;
  const relative = /^now-(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (relative !== null) return nowMs - Number(relative[1]) * (UNIT_MS[relative[2] ?? ""] ?? 0);
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}

/** The range in milliseconds; the default where an end is no time or they are the wrong way round. */
export function resolveRange(range: TimeRange, nowMs: number): { from: number; to: number } {
  const [from, to] = [resolve(range.from, nowMs), resolve(range.to, nowMs)];
  if (from !== null && to !== null && from < to) return { from, to };
  return { from: nowMs - 900_000, to: nowMs };
}

/** Whether it moves with the clock. */
export function isLive(range: TimeRange): boolean {
  return range.to === "now";
}

/** A range between two times, in whole milliseconds. */
export function between(fromMs: number, toMs: number): TimeRange {
  const [from, to] = fromMs < toMs ? [fromMs, toMs] : [toMs, fromMs];
  return { from: String(Math.floor(from)), to: String(Math.max(Math.ceil(to), Math.floor(from) + 1)) };
}

/** For the button: Last 15 minutes, or both ends. */
export function describe(range: TimeRange, nowMs: number): string {
  const known = RANGES.find((each) => each.from === range.from && range.to === "now");
  if (known !== undefined) return `Last ${known.label}`;
  const { from, to } = resolveRange(range, nowMs);
  return `${dateTime(from)}, ${duration(to - from)}`;
}

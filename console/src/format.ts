/** Numbers, sizes, durations and times for people. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 1234567 as 1,234,567. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Three digits that matter: 0.42, 12.3, 1.25k, 3.4M. */
export function short(value: number): string {
  const size = Math.abs(value);
  for (const [scale, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= scale) return digits(value / scale) + letter;
  }
  return size !== 0 && size < 0.01 ? value.toExponential(1) : digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
}

/** 1536 as 1.5 KiB. */
export function bytes(value: number): string {
  let [scaled, unit] = [value, 0];
  while (Math.abs(scaled) >= 1024 && unit < UNITS.length - 1) [scaled, unit] = [scaled / 1024, unit + 1];
  return `${digits(scaled)} ${UNITS[unit] ?? ""}`;
}

/** Milliseconds as 420 µs, 12.3 ms, 1.5 s, 2m 05s, 3h 20m, 2d 4h. */
export function duration(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  if (ms < 1000) return `${digits(ms)} ms`;
  if (ms < 60_000) return `${digits(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes}m ${pad(Math.floor(ms / 1000) % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${pad(minutes % 60)}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, "0");
}

/** 14:03:22.123, local time. */
export function clock(ms: number): string {
  const date = new Date(ms);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** 2026-11-24 14:03:22, local time. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock(ms).slice(0, 8)}`;
}

/** How long ago: now, 12 s ago, 3m 05s ago. */
export function ago(ms: number, nowMs: number): string {
  const age = Math.max(0, nowMs - ms);
  return age < 1000 ? "now" : `${duration(Math.floor(age / 1000) * 1000)} ago`;
}

/** One letter per level, so that it shows without its colour. */
export function levelLetter(level: string): string {
  return level === "unknown" ? "·" : level.charAt(0).toUpperCase();
}

/** Where a record comes from, in few characters: its service, or its file's name. */
export function originOf(row: { service: string | null; source: string | null }): string {
  return row.service ?? row.source?.split("/").at(-1) ?? "";
}

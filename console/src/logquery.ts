/** The logs page's selection in the address: what is searched, which filters, whether it is live. */

import type { Query } from "./api/client";
import type { TimeRange } from "./time";

export interface LogSelection {
  q: string;
  filters: string[];
  live: boolean;
  selected: string | null;
}

export function selectionOf(params: URLSearchParams): LogSelection {
  return {
    q: params.get("q") ?? "",
    filters: params.getAll("filter"),
    live: params.get("live") === "1",
    selected: params.get("record"),
  };
}

/** What the API is asked; a live tail has no times. */
export function queryOf(selection: LogSelection, range: TimeRange | null): Query {
  const terms: Query = { q: selection.q, filter: selection.filters };
  return range === null ? terms : { ...terms, from: range.from, to: range.to };
}

/** The operators begin at the first of these signs, so a name that has one is written with a backslash. */
export function fieldName(name: string): string {
  return name.replace(/[\\=!~<>]/g, (sign) => `\\${sign}`);
}

/** The filters with another one, once. */
export function withFilter(filters: string[], filter: string): string[] {
  return filters.includes(filter) ? filters : [...filters, filter];
}

/** Taken out when it is there, added when it is not. */
export function toggled(filters: string[], filter: string): string[] {
  return filters.includes(filter) ? filters.filter((each) => each !== filter) : [...filters, filter];
}

/** The address bar: everything that matters on a page is in it, so that a link shows the same to somebody else. */

import { computed, signal } from "@preact/signals";

import { DEFAULT_RANGE, type TimeRange } from "./time";

export interface Route {
  path: string;
  params: URLSearchParams;
}

/** Parameters to change; null removes one. */
export type Change = { [name: string]: string | string[] | null };

const current = (): Route => ({ path: location.pathname, params: new URLSearchParams(location.search) });

export const route = signal<Route>(current());

export const timeRange = computed<TimeRange>(() => ({
  from: route.value.params.get("from") ?? DEFAULT_RANGE.from,
  to: route.value.params.get("to") ?? DEFAULT_RANGE.to,
}));

/** Takes the address as it is now. */
export function showCurrent(): void {
  route.value = current();
}

/** Listens to the browser's back and forward buttons. */
export function followHistory(): void {
  addEventListener("popstate", showCurrent);
}

/** The address of a path with parameters, time range kept unless it is given. */
export function link(path: string, change: Change = {}): string {
  const params = new URLSearchParams();
  for (const name of ["from", "to"]) {
    const value = route.value.params.get(name);
    if (value !== null) params.set(name, value);
  }
  return withQuery(path, changed(params, change));
}

/** Goes to a path. */
export function go(path: string, change: Change = {}): void {
  show(link(path, change), false);
}

/** Changes parameters of the page; `replace` leaves no step to come back to. */
export function setParams(change: Change, replace = false): void {
  show(withQuery(route.value.path, changed(route.value.params, change)), replace);
}

export function changed(params: URLSearchParams, change: Change): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    next.delete(name);
    if (Array.isArray(value)) value.forEach((each) => { next.append(name, each); });
    else if (value !== null && value !== "") next.set(name, value);
  }
  return next;
}

function withQuery(path: string, params: URLSearchParams): string {
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

function show(address: string, replace: boolean): void {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  showCurrent();
}

/** Follows a link within the console without loading it again; modified clicks are the browser's. */
export function onLinkClick(event: MouseEvent): void {
  const anchor = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (anchor === null || !isPlain || anchor.origin !== location.origin || anchor.target !== "") return;
  event.preventDefault();
  show(anchor.pathname + anchor.search, false);
}

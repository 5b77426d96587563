/** The keyboard: what a key does is said by the page that shows, the innermost last. */

import { useLayoutEffect } from "preact/hooks";

export type Keys = { [key: string]: () => void };

const layers: Keys[] = [];
const SEQUENCE_MS = 1000;
let pending: { key: string; at: number } | null = null;

/** Whether the person is writing. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function handler(key: string): (() => void) | undefined {
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const found = layers[index]?.[key];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Runs what a key, or a sequence such as `g l`, is bound to. */
export function onKeyDown(event: KeyboardEvent): void {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "Escape" && isWriting(event.target)) {
    (event.target as HTMLElement).blur();
    return;
  }
  if (isWriting(event.target)) return;
  const isButton = event.target instanceof HTMLElement && /^(A|BUTTON|SUMMARY)$/.test(event.target.tagName);
  if (isButton && (event.key === "Enter" || event.key === " ")) return;
  const begun = pending !== null && performance.now() - pending.at < SEQUENCE_MS ? `${pending.key} ${event.key}` : null;
  pending = null;
  const run = (begun === null ? undefined : handler(begun)) ?? handler(event.key);
  if (run !== undefined) {
    event.preventDefault();
    run();
  } else if (layers.some((layer) => Object.keys(layer).some((key) => key.startsWith(`${event.key} `)))) {
    pending = { key: event.key, at: performance.now() };
  }
}

/** Binds keys while the component is shown; at once after each rendering, for the next key may follow at once. */
export function useKeys(keys: Keys): void {
  useLayoutEffect(() => {
    layers.push(keys);
    return () => { layers.splice(layers.indexOf(keys), 1); };
  });
}

/** Puts the cursor into the page's search field. */
export function focusSearch(): void {
  document.querySelector<HTMLInputElement>("[data-search]")?.focus();
}

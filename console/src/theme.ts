/** Light or dark: as the system has it, until the person chooses. */

import { signal } from "@preact/signals";

export type Theme = "light" | "dark";

const KEY = "weir-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : null;
  } catch {
    return null;
  }
}

export const theme = signal<Theme>(chosen() ?? (system.matches ? "dark" : "light"));

function apply(next: Theme): void {
  theme.value = next;
  document.documentElement.dataset["theme"] = next;
}

export function startTheme(): void {
  apply(theme.value);
  system.addEventListener("change", (event) => { if (chosen() === null) apply(event.matches ? "dark" : "light"); });
}

export function toggleTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  apply(next);
}

/** A colour of the style sheet, for what is drawn on a canvas. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Colours of series, in an order in which neighbours differ also for people who confuse red and green. */
export function seriesColor(index: number): string {
  return cssColor(`--series-${(index % 8) + 1}`);
}

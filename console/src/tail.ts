/** The newest lines of a live tail: bounded, newest first, with the numbers that say what is not shown. */

import type { LogRow, TailRecords, TailStatus } from "./api/types";
import { short, whole } from "./format";

export const LINES_MAX = 5000;

export interface TailView {
  rows: LogRow[];
  matchedPerSecond: number;
  sentPerSecond: number;
  /** Lines stored while the stream was too slow to look at them. */
  lost: number;
  /** Lines that came while the view was paused. */
  waiting: number;
  connected: boolean;
}

export class TailBuffer {
  #rows: LogRow[] = [];
  #waiting: LogRow[] = [];
  #status: TailStatus | null = null;
  #paused = false;
  connected = false;

  /** Adds an event's lines, which come oldest first. */
  add(event: TailRecords): void {
    const newest = event.records.toReversed();
    if (this.#paused) this.#waiting = [...newest, ...this.#waiting].slice(0, LINES_MAX);
    else this.#rows = [...newest, ...this.#rows].slice(0, LINES_MAX);
  }

  tell(status: TailStatus): void {
    this.#status = status;
  }

  /** While paused the lines shown stay; those that come wait. */
  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) {
      this.#rows = [...this.#waiting, ...this.#rows].slice(0, LINES_MAX);
      this.#waiting = [];
    }
  }

  get paused(): boolean {
    return this.#paused;
  }

  view(): TailView {
    return {
      rows: this.#rows,
      matchedPerSecond: this.#status?.matched_per_second ?? 0,
      sentPerSecond: this.#status?.sent_per_second ?? 0,
      lost: this.#status?.lost ?? 0,
      waiting: this.#waiting.length,
      connected: this.connected,
    };
  }
}

/** What comes and how much of it is shown. */
export function describe(view: TailView): string {
  if (!view.connected) return "connecting";
  const lost = view.lost > 0 ? `, ${whole(view.lost)} passed unseen` : "";
  if (view.matchedPerSecond === 0) return `waiting for lines${lost}`;
  if (view.sentPerSecond >= view.matchedPerSecond * 0.99) return `${short(view.matchedPerSecond)} lines/s, all shown${lost}`;
  return `a sample: ${short(view.sentPerSecond)} of ${short(view.matchedPerSecond)} lines/s shown${lost}; the newest ${whole(LINES_MAX)} are kept here`;
}

/** Which rows of a long list are in view. */

export interface Visible {
  first: number;
  /** The first that is not. */
  end: number;
  /** Pixels above the first. */
  offset: number;
  /** Pixels of the whole list. */
  height: number;
}

/** Rows drawn beyond the edges, so that fast scrolling shows no gap. */
const OVERSCAN = 10;

export function visibleRows(count: number, rowHeight: number, scrollTop: number, viewHeight: number): Visible {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - OVERSCAN);
  const end = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + OVERSCAN);
  return { first: Math.min(first, end), end, offset: Math.min(first, end) * rowHeight, height: count * rowHeight };
}

/** Where to scroll so that a row is in view; null when it is. */
export function scrollInto(index: number, rowHeight: number, scrollTop: number, viewHeight: number): number | null {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight;
  return null;
}

/** A list of rows of one height, of which only those in view are in the page. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { scrollInto, visibleRows } from "../window";

interface Props<T> {
  label: string;
  items: T[];
  rowHeight: number;
  selected: number;
  keyOf: (item: T) => string;
  row: (item: T, index: number) => JSX.Element;
  onScroll?: (scrollTop: number) => void;
  onEnd?: () => void;
  children?: ComponentChildren;
}

export function VirtualList<T>(props: Props<T>): JSX.Element {
  const { items, rowHeight, selected } = props;
  const view = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 600 });
  const measure = (): void => {
    const element = view.current;
    if (element !== null) setScroll({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (view.current !== null) observer.observe(view.current);
    return () => { observer.disconnect(); };
  }, []);
  useEffect(() => {
    const element = view.current;
    if (element === null || selected < 0) return;
    const top = scrollInto(selected, rowHeight, element.scrollTop, element.clientHeight);
    if (top !== null) element.scrollTop = top;
  }, [selected, rowHeight]);
  const visible = visibleRows(items.length, rowHeight, scroll.top, scroll.height);
  const onScroll = (): void => {
    measure();
    props.onScroll?.(view.current?.scrollTop ?? 0);
  };
  useEffect(() => {
    if (visible.end >= items.length && items.length > 0) props.onEnd?.();
  }, [visible.end, items.length]);
  return (
    <div class="list" ref={view} onScroll={onScroll} role="listbox" aria-label={props.label} tabIndex={0}>
      <div class="list-space" style={{ height: `${visible.height}px` }}>
        <div class="list-rows" style={{ transform: `translateY(${visible.offset}px)` }}>
          {items.slice(visible.first, visible.end).map((item, index) => (
            <div key={props.keyOf(item)} class="list-row" style={{ height: `${rowHeight}px` }}>
              {props.row(item, visible.first + index)}
            </div>
          ))}
        </div>
      </div>
      {props.children}
    </div>
  );
}

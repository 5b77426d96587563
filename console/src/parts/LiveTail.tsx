/** The live tail. Lines are drawn once per frame however many come, and what is not shown is said. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Query } from "../api/client";
import { tailLive } from "../api/live";
import { whole } from "../format";
import { useKeys } from "../keys";
import { useRowKeys } from "../pages/logs";
import { LINES_MAX, TailBuffer, type TailView, describe } from "../tail";
import { setParams } from "../url";
import { LogLine, ROW_HEIGHT } from "./LogLine";
import { VirtualList } from "./VirtualList";

const RATE = 2000;
const BACKLOG = 100;

export function LiveTail({ query, selected }: { query: Query; selected: string | null }): JSX.Element {
  const buffer = useRef(new TailBuffer());
  const [view, setView] = useState<TailView>(() => buffer.current.view());
  const [stopped, setStopped] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const paused = stopped || scrolled || selected !== null;
  const key = JSON.stringify(query);
  useEffect(() => {
    const tail = new TailBuffer();
    buffer.current = tail;
    let frame = 0;
    const draw = (): void => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setView(tail.view());
      });
    };
    const close = tailLive(
      { ...query, rate: RATE, backlog: BACKLOG },
      (event) => { tail.add(event); draw(); },
      (status) => { tail.tell(status); draw(); },
      (connected) => { tail.connected = connected; draw(); },
    );
    return () => { close(); cancelAnimationFrame(frame); };
  }, [key]);
  useEffect(() => {
    buffer.current.pause(paused);
    setView(buffer.current.view());
  }, [paused, key]);
  const rows = view.rows;
  useRowKeys(rows, rows.findIndex((row) => row.id === selected));
  useKeys({ ".": () => { setStopped(!stopped); }, " ": () => { setStopped(!stopped); } });
  const resume = (): void => {
    setStopped(false);
    setScrolled(false);
    setParams({ record: null }, true);
    document.querySelector(".logs-list .list")?.scrollTo({ top: 0 });
  };
  return (
    <div class="logs-list">
      <div class="tail-state" role="status">
        <span class={view.connected ? "dot dot-live" : "dot"} aria-hidden="true" />
        <span data-tail-state>{describe(view)}</span>
        <button type="button" class="button" onClick={() => { if (paused) resume(); else setStopped(true); }}>
          {paused ? `Resume${view.waiting > 0 ? `, ${whole(view.waiting)}${view.waiting >= LINES_MAX ? "+" : ""} new` : ""}` : "Pause"}
        </button>
      </div>
      <VirtualList
        label="Live log records" items={rows} rowHeight={ROW_HEIGHT} selected={-1} keyOf={(row) => row.id}
        row={(row) => <LogLine row={row} isSelected={row.id === selected} />}
        onScroll={(top) => { setScrolled(top > ROW_HEIGHT); }}
      />
    </div>
  );
}

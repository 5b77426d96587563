/** The button that says and changes the range of time. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { dateTime } from "../format";
import { useKeys } from "../keys";
import { RANGES, between, describe, isLive, resolve, resolveRange } from "../time";
import { setParams, timeRange } from "../url";

export function TimeRangeButton(): JSX.Element {
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const range = timeRange.value;
  const now = Date.now();
  useKeys(open ? { t: () => { setOpen(false); }, Escape: () => { setOpen(false); } } : { t: () => { setOpen(true); } });
  useEffect(() => {
    if (!open) return undefined;
    box.current?.querySelector<HTMLElement>("[aria-current], button")?.focus();
    const close = (event: PointerEvent): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) === false) setOpen(false);
    };
    addEventListener("pointerdown", close);
    return () => { removeEventListener("pointerdown", close); };
  }, [open]);
  const choose = (from: string, to: string): void => {
    setParams({ from, to: to === "now" ? null : to });
    setOpen(false);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const ends = [form.get("from"), form.get("to")].map((end) => resolve(typeof end === "string" ? end.trim() : "", Date.now()));
    const [from, to] = ends;
    if (typeof from !== "number" || typeof to !== "number" || from >= to) {
      setProblem("write two times such as 2026-11-24 13:30, the earlier one first");
      return;
    }
    const fixed = between(from, to);
    choose(fixed.from, fixed.to);
  };
  const shown = resolveRange(range, now);
  return (
    <div class="range" ref={box}>
      <button type="button" class="button" aria-expanded={open} aria-haspopup="dialog" title="Time range (t)" onClick={() => { setOpen(!open); }}>
        {isLive(range) ? <span class="dot dot-live" aria-hidden="true" /> : null}
        {describe(range, now)}
      </button>
      {open ? (
        <div class="menu range-menu" role="dialog" aria-label="Time range">
          {RANGES.map((each) => (
            <button type="button" key={each.from} aria-current={isLive(range) && range.from === each.from ? "true" : undefined} onClick={() => { choose(each.from, "now"); }}>
              Last {each.label}
            </button>
          ))}
          <form onSubmit={submit}>
            <label>From <input name="from" defaultValue={dateTime(shown.from)} /></label>
            <label>To <input name="to" defaultValue={dateTime(shown.to)} /></label>
            {problem === "" ? null : <p class="problem">{problem}</p>}
            <button type="submit" class="button button-main">Show</button>
          </form>
        </div>
      ) : null}
    </div>
  );
}

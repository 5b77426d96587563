/** One log record as one line. */

import type { JSX } from "preact";

import type { LogRow } from "../api/types";
import { clock, dateTime, originOf } from "../format";
import { setParams } from "../url";
import { LevelMark } from "./Notes";

export const ROW_HEIGHT = 24;

export function LogLine({ row, isSelected }: { row: LogRow; isSelected: boolean }): JSX.Element {
  const from = originOf(row);
  return (
    <div
      class={isSelected ? `log-line log-${row.level} selected` : `log-line log-${row.level}`}
      role="option" aria-selected={isSelected}
      onClick={() => { setParams({ record: isSelected ? null : row.id }); }}
    >
      <time title={dateTime(row.time_ms)}>{clock(row.time_ms)}</time>
      <LevelMark level={row.level} />
      <span class="log-from" title={row.source ?? from}>{from}</span>
      <span class="log-message">{row.message}</span>
      {row.trace_id === null ? null : <span class="log-trace" title="has a trace">⌁</span>}
    </div>
  );
}

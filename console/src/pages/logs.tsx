/** Logs: search, live tail, histogram, facets, one record. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { api } from "../api/client";
import type { LogRow } from "../api/types";
import { useAnswer } from "../answer";
import { whole } from "../format";
import { useKeys } from "../keys";
import { queryOf, selectionOf, toggled, withFilter } from "../logquery";
import { Facets } from "../parts/Facets";
import { Histogram } from "../parts/Histogram";
import { LogDetail } from "../parts/LogDetail";
import { LogLine, ROW_HEIGHT } from "../parts/LogLine";
import { Empty, ErrorNote } from "../parts/Notes";
import { SearchField } from "../parts/SearchField";
import { LiveTail } from "../parts/LiveTail";
import { VirtualList } from "../parts/VirtualList";
import { between, isLive } from "../time";
import { route, setParams, timeRange } from "../url";

const PAGE = 200;
const ROWS_MAX = 20_000;
const REFRESH_MS = 5000;

export function LogsPage(): JSX.Element {
  const selection = selectionOf(route.value.params);
  const range = timeRange.value;
  const [showsFacets, setShowsFacets] = useState(false);
  const query = queryOf(selection, range);
  const key = JSON.stringify(query);
  const every = isLive(range) && !selection.live ? REFRESH_MS : 0;
  const histogram = useAnswer(key, (signal) => api.histogram({ ...query, buckets: 80 }, signal), every);
  const facets = useAnswer(key, (signal) => api.facets(query, signal), every * 2);
  const onFilter = (filter: string): void => { setParams({ filter: toggled(selection.filters, filter) }); };
  const onPick = (filter: string): void => { setParams({ filter: withFilter(selection.filters, filter) }); };
  const toggleLive = (): void => { setParams({ live: selection.live ? null : "1", record: null }); };
  const close = (): void => { setParams({ record: null }); };
  useKeys({ ...(selection.live ? {} : { ".": toggleLive }), ...(selection.selected === null ? {} : { Escape: close }) });
  return (
    <div class={selection.selected === null ? "logs" : "logs logs-open"}>
      <div class="bar">
        <SearchField value={selection.q} placeholder='Search logs: timeout "connection refused" -healthz' onSearch={(q) => { setParams({ q }); }} />
        <button type="button" class="button facets-button" aria-expanded={showsFacets} onClick={() => { setShowsFacets(!showsFacets); }}>Fields</button>
        <button type="button" class={selection.live ? "button button-on" : "button"} aria-pressed={selection.live} title="Live tail (.)" onClick={toggleLive}>
          <span class={selection.live ? "dot dot-live" : "dot"} aria-hidden="true" />Live
        </button>
      </div>
      <Chips filters={selection.filters} onRemove={onFilter} />
      <ErrorNote error={histogram.error ?? facets.error} />
      {selection.live || histogram.value === null ? null : (
        <Histogram histogram={histogram.value} onRange={(from, to) => { setParams({ ...between(from, to) }); }} />
      )}
      <div class="logs-body">
        <aside class={showsFacets ? "facets facets-shown" : "facets"} aria-label="Fields">
          {facets.value === null ? null : <Facets facets={facets.value} filters={selection.filters} onFilter={onFilter} onClose={() => { setShowsFacets(false); }} />}
        </aside>
        {selection.live
          ? <LiveTail query={queryOf(selection, null)} selected={selection.selected} />
          : <Found query={query} queryKey={key} selected={selection.selected} total={histogram.value?.total ?? null} refreshMs={every} />}
        {selection.selected === null ? null : <LogDetail id={selection.selected} onPick={onPick} onClose={close} />}
      </div>
    </div>
  );
}

function Chips({ filters, onRemove }: { filters: string[]; onRemove: (filter: string) => void }): JSX.Element | null {
  if (filters.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {filters.map((filter) => (
        <li key={filter}>{filter}<button type="button" aria-label={`Remove ${filter}`} onClick={() => { onRemove(filter); }}>×</button></li>
      ))}
    </ul>
  );
}

interface FoundProps {
  query: ReturnType<typeof queryOf>;
  queryKey: string;
  selected: string | null;
  total: number | null;
  refreshMs: number;
}

/** The records of the range, newest first, read on as the person scrolls. */
function Found({ query, queryKey, selected, total, refreshMs }: FoundProps): JSX.Element {
  const [older, setOlder] = useState<{ rows: LogRow[]; cursor: string | null; reading: boolean }>({ rows: [], cursor: null, reading: false });
  const [atTop, setAtTop] = useState(true);
  const isSettled = older.rows.length > 0 || !atTop || selected !== null;
  const first = useAnswer(queryKey, (signal) => api.logs({ ...query, limit: PAGE }, signal), isSettled ? 0 : refreshMs, queryKey);
  useEffect(() => { setOlder({ rows: [], cursor: null, reading: false }); }, [queryKey]);
  const rows = useMemo(() => [...(first.value?.records ?? []), ...older.rows], [first.value, older.rows]);
  const cursor = older.rows.length === 0 && older.cursor === null ? first.value?.next_cursor ?? null : older.cursor;
  const readOn = (): void => {
    if (older.reading || cursor === null || cursor === "" || rows.length >= ROWS_MAX) return;
    setOlder((before) => ({ ...before, reading: true }));
    api.logs({ ...query, limit: PAGE, cursor }).then(
      (page) => { setOlder((before) => ({ rows: [...before.rows, ...page.records], cursor: page.next_cursor ?? "", reading: false })); },
      () => { setOlder((before) => ({ ...before, cursor: "", reading: false })); },
    );
  };
  const index = rows.findIndex((row) => row.id === selected);
  useRowKeys(rows, index);
  if (first.value !== null && rows.length === 0) {
    return <Empty title="No record matches">Try a longer time range (t), fewer words, or fewer filters.</Empty>;
  }
  return (
    <div class="logs-list">
      <ErrorNote error={first.error} />
      <VirtualList
        label="Log records" items={rows} rowHeight={ROW_HEIGHT} selected={index} keyOf={(row) => row.id}
        row={(row) => <LogLine row={row} isSelected={row.id === selected} />}
        onScroll={(top) => { setAtTop(top < ROW_HEIGHT); }} onEnd={readOn}
      />
      <p class="list-note">
        {whole(rows.length)}{total === null ? "" : ` of ${whole(Math.max(total, rows.length))}`} records, newest first
        {first.value?.complete === false ? " · searched in part: time was up" : ""}
      </p>
    </div>
  );
}

/** j and k move the selection, Enter opens its trace. */
export function useRowKeys(rows: LogRow[], index: number): void {
  const move = (by: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, index < 0 ? 0 : index + by))];
    if (next !== undefined) setParams({ record: next.id }, index >= 0);
  };
  useKeys({ j: () => { move(1); }, k: () => { move(-1); }, ArrowDown: () => { move(1); }, ArrowUp: () => { move(-1); } });
}

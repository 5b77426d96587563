/** Metrics: find one, chart it, compare it with others, open the trace behind a point. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { api } from "../api/client";
import type { MetricName } from "../api/types";
import { useAnswer } from "../answer";
import { whole } from "../format";
import { useKeys } from "../keys";
import { Empty, ErrorNote } from "../parts/Notes";
import { QueryChart } from "../parts/QueryChart";
import { QueryEditor } from "../parts/QueryEditor";
import { SearchField } from "../parts/SearchField";
import { VirtualList } from "../parts/VirtualList";
import { queryFor } from "../promql";
import { isLive } from "../time";
import { route, setParams, timeRange } from "../url";

const NAMES_MAX = 5000;
const REFRESH_MS = 5000;
const ROW_HEIGHT = 44;

export function MetricsPage(): JSX.Element {
  const params = route.value.params;
  const queries = params.getAll("query").filter((query) => query !== "");
  const search = params.get("q") ?? "";
  const [showsNames, setShowsNames] = useState(queries.length === 0);
  const names = useAnswer(search, (signal) => api.metricNames({ q: search, limit: NAMES_MAX }, signal));
  const metrics = names.value?.metrics ?? [];
  const [at, setAt] = useState(-1);
  const setQueries = (next: string[]): void => { setParams({ query: next }); };
  const show = (metric: MetricName): void => {
    setShowsNames(false);
    setQueries([queryFor(metric), ...queries.slice(1)]);
  };
  const compare = (metric: MetricName): void => { setQueries([...queries, queryFor(metric)]); };
  const move = (by: number): void => { setAt((before) => Math.min(metrics.length - 1, Math.max(0, before + by))); };
  const open = (): void => { const metric = metrics[at]; if (metric !== undefined) show(metric); };
  useKeys({ j: () => { move(1); }, k: () => { move(-1); }, Enter: open });
  return (
    <div class="metrics">
      <aside class={showsNames ? "names names-shown" : "names"} aria-label="Metrics">
        <SearchField value={search} placeholder="Find a metric: name or help" onSearch={(q) => { setAt(-1); setParams({ q }, true); }} />
        <ErrorNote error={names.error} />
        {names.value !== null && metrics.length === 0 ? <Empty title="No metric has this in its name or help" /> : (
          <VirtualList
            label="Metrics" items={metrics} rowHeight={ROW_HEIGHT} selected={at} keyOf={(metric) => metric.name}
            row={(metric, index) => <NameRow metric={metric} isSelected={index === at} onShow={() => { setAt(index); show(metric); }} onCompare={() => { compare(metric); }} />}
          />
        )}
      </aside>
      <div class="metrics-main">
        <button type="button" class="button names-button" onClick={() => { setShowsNames(!showsNames); }}>{showsNames ? "Chart" : "Find a metric"}</button>
        {queries.length === 0 ? (
          <Empty title="Choose a metric">
            Counters show as rates, histograms as their 95th percentile, gauges as they are. Press / to search, j and k to move, Enter to show.
          </Empty>
        ) : (
          <>
            <div class="queries">
              {queries.map((query, index) => (
                <QueryEditor
                  key={index} query={query} index={index}
                  onChange={(next) => { setQueries(queries.map((each, other) => (other === index ? next : each))); }}
                  onRemove={() => { setQueries(queries.filter((_, other) => other !== index)); }}
                />
              ))}
              <button type="button" class="button" onClick={() => { setQueries([...queries, queries.at(-1) ?? ""]); }}>Compare with another query</button>
            </div>
            <QueryChart queries={queries} range={timeRange.value} refreshMs={isLive(timeRange.value) ? REFRESH_MS : 0} />
          </>
        )}
      </div>
    </div>
  );
}

interface RowProps {
  metric: MetricName;
  isSelected: boolean;
  onShow: () => void;
  onCompare: () => void;
}

function NameRow({ metric, isSelected, onShow, onCompare }: RowProps): JSX.Element {
  return (
    <div class={isSelected ? "name-row selected" : "name-row"} role="option" aria-selected={isSelected} title={metric.help ?? ""} onClick={onShow}>
      <div>
        <code>{metric.name}</code>
        <small>{metric.kind} · {whole(metric.series)} series{metric.has_exemplars ? " · exemplars" : ""}{metric.help === null ? "" : ` · ${metric.help}`}</small>
      </div>
      <button type="button" class="pick" title="Compare" aria-label={`Compare with ${metric.name}`} onClick={(event) => { event.stopPropagation(); onCompare(); }}>+</button>
    </div>
  );
}

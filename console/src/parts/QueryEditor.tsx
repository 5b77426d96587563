/** A query with helpers to aggregate it. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { api } from "../api/client";
import { useAnswer } from "../answer";
import { AGGREGATIONS, type Aggregation, aggregate, aggregationOf, quantile, selectorOf } from "../promql";

interface Props {
  query: string;
  index: number;
  onChange: (query: string) => void;
  onRemove: () => void;
}

const QUANTILES = [0.5, 0.9, 0.95, 0.99];

export function QueryEditor({ query, index, onChange, onRemove }: Props): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const selector = selectorOf(query) ?? "";
  const labels = useAnswer(selector, (signal) => api.labels(selector, signal));
  const { aggregation, by } = aggregationOf(query);
  const isQuantile = query.startsWith("histogram_quantile(");
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = query;
  }, [query]);
  const submit = (): void => {
    const text = field.current?.value.trim() ?? "";
    if (text !== "" && text !== query) onChange(text);
  };
  const names = (labels.value?.labels ?? []).map((label) => label.name).filter((name) => name !== "__name__" && name !== "le");
  const toggleBy = (label: string): void => {
    const next = by.includes(label) ? by.filter((each) => each !== label) : [...by, label];
    onChange(aggregate(query, aggregation ?? "sum", next));
  };
  return (
    <div class="query">
      <div class="query-line">
        <i class={`query-letter series-${(index % 8) + 1}`}>{String.fromCharCode(65 + (index % 26))}</i>
        <input ref={field} class="query-field" aria-label={`Query ${index + 1}`} spellcheck={false} autoComplete="off" defaultValue={query} onBlur={submit} onKeyDown={(event) => { if (event.key === "Enter") submit(); }} />
        <button type="button" class="icon" aria-label="Remove the query" onClick={onRemove}>×</button>
      </div>
      <div class="query-tools">
        {isQuantile ? QUANTILES.map((q) => (
          <button type="button" key={q} class={query.startsWith(`histogram_quantile(${q},`) ? "pick pick-on" : "pick"} onClick={() => { onChange(quantile(selector, q)); }}>p{q * 100}</button>
        )) : (
          <>
            {AGGREGATIONS.map((each: Aggregation) => (
              <button type="button" key={each} class={aggregation === each ? "pick pick-on" : "pick"} onClick={() => { onChange(aggregate(query, aggregation === each ? null : each, by)); }}>{each}</button>
            ))}
            {names.length === 0 ? null : <span class="muted">by</span>}
            {names.slice(0, 12).map((label) => (
              <button type="button" key={label} class={by.includes(label) ? "pick pick-on" : "pick"} onClick={() => { toggleBy(label); }}>{label}</button>
            ))}
          </>
        )}
      </div>
    </div>
  );
}

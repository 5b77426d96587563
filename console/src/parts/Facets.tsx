/** Fields and their most frequent values, each a filter to set or to take away. */

import type { JSX } from "preact";

import type { Facets as FacetsAnswer } from "../api/types";
import { short, whole } from "../format";
import { fieldName } from "../logquery";
import { LevelMark } from "./Notes";

interface Props {
  facets: FacetsAnswer;
  filters: string[];
  onFilter: (filter: string) => void;
  onClose: () => void;
}

export function Facets({ facets, filters, onFilter, onClose }: Props): JSX.Element {
  return (
    <>
      <header class="facets-head"><strong>Fields</strong><button type="button" class="icon" aria-label="Close" onClick={onClose}>×</button></header>
      {facets.facets.map((facet) => (
        <details key={facet.field} open={facet.field === "level" || facet.field === "service" || filters.some((filter) => filter.startsWith(fieldName(facet.field)))}>
          <summary title={`${whole(facet.records)} records have it, with ${whole(facet.distinct)} values`}>{facet.field}<span class="muted">{short(facet.distinct)}</span></summary>
          <ul>
            {facet.values.map(({ value, records }) => {
              const [only, not] = [`${fieldName(facet.field)}=${value}`, `${fieldName(facet.field)}!=${value}`];
              return (
                <li key={value} class={filters.includes(only) ? "chosen" : filters.includes(not) ? "excluded" : ""}>
                  <button type="button" title={only} onClick={() => { onFilter(only); }}>
                    {facet.field === "level" ? <LevelMark level={value} /> : null}
                    <span>{value}</span>
                    <small>{short(records)}</small>
                  </button>
                  <button type="button" class="not" title={`not ${value}`} aria-label={`not ${value}`} onClick={() => { onFilter(not); }}>≠</button>
                </li>
              );
            })}
          </ul>
        </details>
      ))}
      {facets.sampled ? <p class="muted">counted over the newest {whole(facets.records)} records</p> : null}
    </>
  );
}

/** Traces: search by service, operation, duration, error and attribute; duration over time. */

import type { JSX } from "preact";

import { api } from "../api/client";
import type { Services, TraceRow } from "../api/types";
import { useAnswer } from "../answer";
import { ago, dateTime, duration, whole } from "../format";
import { useKeys } from "../keys";
import { Empty, ErrorNote } from "../parts/Notes";
import { Scatter } from "../parts/Scatter";
import { SearchField } from "../parts/SearchField";
import { isLive } from "../time";
import { between } from "../time";
import { go, link, route, setParams, timeRange } from "../url";

const PAGE = 100;
const REFRESH_MS = 5000;
/** Weir's own name among the services. */
const OWN = "weir";

export function TracesPage(): JSX.Element {
  const params = route.value.params;
  const range = timeRange.value;
  const text = (name: string): string => params.get(name) ?? "";
  const every = isLive(range) ? REFRESH_MS : 0;
  const services = useAnswer(`${range.from} ${range.to}`, (signal) => api.services({ from: range.from, to: range.to }, signal), every);
  const hidesOwn = hasOthers(services.value) && text("own") === "" && text("service") !== OWN;
  const query = {
    from: range.from, to: range.to, q: text("q"), service: text("service"), operation: text("operation"),
    min_duration: text("min_duration"), max_duration: text("max_duration"), error: text("error"),
    filter: [...params.getAll("filter"), ...(hidesOwn ? [`service!=${OWN}`] : [])],
  };
  const key = JSON.stringify(query);
  const page = useAnswer(key, (signal) => api.traces({ ...query, limit: PAGE }, signal), every);
  const traces = page.value?.traces ?? [];
  const selected = traces.findIndex((trace) => trace.trace_id === params.get("selected"));
  const move = (by: number): void => {
    const next = traces[Math.min(traces.length - 1, Math.max(0, selected < 0 ? 0 : selected + by))];
    if (next !== undefined) setParams({ selected: next.trace_id }, true);
  };
  useKeys({
    j: () => { move(1); }, k: () => { move(-1); },
    Enter: () => { const trace = traces[selected]; if (trace !== undefined) go(`/traces/${trace.trace_id}`); },
  });
  return (
    <div class="traces">
      <div class="bar bar-wrap">
        <SearchField value={text("q")} placeholder="Search spans: part of an operation's name" onSearch={(q) => { setParams({ q }); }} />
        <Choices services={services.value} params={params} />
        {hasOthers(services.value) ? (
          <button type="button" class={hidesOwn ? "button" : "button button-on"} aria-pressed={!hidesOwn} title="Traces of weir itself" onClick={() => { setParams({ own: hidesOwn ? "1" : null }); }}>weir's own</button>
        ) : null}
      </div>
      <AttributeFilters filters={params.getAll("filter")} />
      <ErrorNote error={page.error ?? services.error} />
      {page.value === null ? null : traces.length === 0 ? (
        <Empty title="No trace matches">Send spans to weir by OTLP, or try a longer time range (t) or fewer conditions.</Empty>
      ) : (
        <>
          <Scatter traces={traces} onRange={(from, to) => { setParams({ ...between(from, to) }); }} />
          <TraceList traces={traces} selected={selected} />
          <p class="list-note">
            {whole(traces.length)} traces{page.value.next_cursor === null ? "" : ", the newest"}
            {page.value.complete ? "" : " · searched in part: time was up"}
          </p>
        </>
      )}
    </div>
  );
}

/** Whether anybody but weir itself sends spans. */
function hasOthers(services: Services | null): boolean {
  return services?.services.some((service) => service.name !== OWN && service.spans > 0) ?? false;
}

function Choices({ services, params }: { services: Services | null; params: URLSearchParams }): JSX.Element {
  const chosen = params.get("service") ?? "";
  const operations = services?.services.find((service) => service.name === chosen)?.operations ?? [];
  const names = (services?.services ?? []).filter((service) => service.spans > 0).map((service) => service.name);
  const onText = (name: string) => (event: Event) => { setParams({ [name]: (event.currentTarget as HTMLInputElement).value.trim() }); };
  return (
    <>
      <select aria-label="Service" value={chosen} onChange={(event) => { setParams({ service: event.currentTarget.value, operation: null }); }}>
        <option value="">every service</option>
        {withChosen(names, chosen).map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
      <select aria-label="Operation" value={params.get("operation") ?? ""} onChange={(event) => { setParams({ operation: event.currentTarget.value }); }}>
        <option value="">every operation</option>
        {withChosen([...new Set(operations.map((operation) => operation.name))], params.get("operation") ?? "").map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
      <input class="short" aria-label="At least" placeholder="min 100ms" defaultValue={params.get("min_duration") ?? ""} onChange={onText("min_duration")} />
      <input class="short" aria-label="Less than" placeholder="max 2s" defaultValue={params.get("max_duration") ?? ""} onChange={onText("max_duration")} />
      <button
        type="button" class={params.get("error") === "true" ? "button button-bad" : "button"} aria-pressed={params.get("error") === "true"}
        onClick={() => { setParams({ error: params.get("error") === "true" ? null : "true" }); }}
      >
        Errors only
      </button>
    </>
  );
}

function withChosen(names: string[], chosen: string): string[] {
  return chosen === "" || names.includes(chosen) ? names : [chosen, ...names];
}

function AttributeFilters({ filters }: { filters: string[] }): JSX.Element {
  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const filter = new FormData(form).get("filter");
    if (typeof filter === "string" && filter.trim() !== "") setParams({ filter: [...filters, filter.trim()] });
    form.reset();
  };
  return (
    <ul class="chips" aria-label="Attributes">
      {filters.map((filter) => (
        <li key={filter}>{filter}<button type="button" aria-label={`Remove ${filter}`} onClick={() => { setParams({ filter: filters.filter((each) => each !== filter) }); }}>×</button></li>
      ))}
      <li class="chip-form"><form onSubmit={add}><input name="filter" placeholder="attribute=value" aria-label="Add a condition on an attribute" /></form></li>
    </ul>
  );
}

function TraceList({ traces, selected }: { traces: TraceRow[]; selected: number }): JSX.Element {
  const longest = Math.max(...traces.map((trace) => trace.duration_ms), 1e-6);
  const now = Date.now();
  return (
    <ol class="trace-list">
      {traces.map((trace, index) => (
        <li key={trace.trace_id} class={index === selected ? "selected" : ""}>
          <a href={link(`/traces/${trace.trace_id}`)} aria-current={index === selected ? "true" : undefined}>
            <span class="trace-name">
              <strong>{trace.root?.operation ?? "unknown root"}</strong>
              <span class="muted">{trace.root?.service ?? ""}</span>
              {trace.error_count > 0 ? <span class="tag tag-bad">{whole(trace.error_count)} {trace.error_count === 1 ? "error" : "errors"}</span> : null}
            </span>
            <span class="trace-services">{trace.services.map((service) => <span key={service.name} class="tag">{service.name} {service.spans}</span>)}</span>
            <span class="trace-bar"><span class={trace.error_count > 0 ? "bad" : ""} style={{ width: `${Math.max(0.5, (trace.duration_ms / longest) * 100)}%` }} /></span>
            <span class="number">{duration(trace.duration_ms)}</span>
            <time title={dateTime(trace.start_ms)}>{ago(trace.start_ms, now)}</time>
          </a>
        </li>
      ))}
    </ol>
  );
}

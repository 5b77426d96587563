/** Targets: how each is, why its last scrape failed, and how its labels came about. */

import type { JSX } from "preact";

import { api } from "../api/client";
import type { Labels, Target, Targets } from "../api/types";
import { useAnswer } from "../answer";
import { ago, duration, whole } from "../format";
import { useKeys } from "../keys";
import { Empty, ErrorNote } from "../parts/Notes";
import { RelabellingSteps } from "../parts/RelabellingSteps";
import { SearchField } from "../parts/SearchField";
import { route, setParams } from "../url";

const REFRESH_MS = 2000;
const HEALTHS = ["up", "down", "unknown", "dropped"] as const;

export function TargetsPage(): JSX.Element {
  const answer = useAnswer("targets", api.targets, REFRESH_MS);
  const params = route.value.params;
  const [search, health, open] = [params.get("q") ?? "", params.get("health") ?? "", params.get("target")];
  const targets = matching(answer.value, search, health);
  const index = targets.findIndex((target) => target.id === open);
  const move = (by: number): void => {
    const next = targets[Math.min(targets.length - 1, Math.max(0, index < 0 ? 0 : index + by))];
    if (next !== undefined) setParams({ target: next.id }, true);
  };
  useKeys({ j: () => { move(1); }, k: () => { move(-1); }, ...(open === null ? {} : { Escape: () => { setParams({ target: null }); } }) });
  return (
    <div class="targets">
      <div class="bar bar-wrap">
        <SearchField value={search} placeholder="Find a target: job, address or label" onSearch={(q) => { setParams({ q }); }} />
        <div class="segments" role="group" aria-label="Health">
          {HEALTHS.map((each) => (
            <button type="button" key={each} class={health === each ? "segment segment-on" : "segment"} aria-pressed={health === each} onClick={() => { setParams({ health: health === each ? null : each }); }}>
              <HealthMark health={each} />{each} <strong>{whole(count(answer.value, each))}</strong>
            </button>
          ))}
        </div>
      </div>
      <ErrorNote error={answer.error} />
      {answer.value === null ? null : targets.length === 0 ? (
        <Empty title={answer.value.targets.length === 0 ? "No target is configured" : "No target matches"}>
          {answer.value.targets.length === 0 ? "Pipeline shows a line to copy that adds one." : "Try another word, or another health."}
        </Empty>
      ) : (
        <ul class="target-list">{targets.map((target) => <TargetRow key={target.id} target={target} now={answer.value?.now_ms ?? 0} isOpen={target.id === open} />)}</ul>
      )}
    </div>
  );
}

/** The dropped ones that are not remembered count too. */
function count(targets: Targets | null, health: string): number {
  if (health === "dropped") return targets?.dropped ?? 0;
  return targets?.targets.filter((target) => target.health === health).length ?? 0;
}

function matching(targets: Targets | null, search: string, health: string): Target[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return (targets?.targets ?? []).filter((target) => {
    const labels = Object.entries(target.labels ?? target.discovered_labels).map(([name, value]) => `${name}=${value}`);
    const text = [target.job, target.url, ...labels].join(" ").toLowerCase();
    return (health === "" || target.health === health) && words.every((word) => text.includes(word));
  });
}

function HealthMark({ health }: { health: string }): JSX.Element {
  const signs: { [health: string]: string } = { up: "✓", down: "✗", unknown: "…", dropped: "–" };
  return <span class={`health health-${health}`} aria-hidden="true">{signs[health]}</span>;
}

function TargetRow({ target, now, isOpen }: { target: Target; now: number; isOpen: boolean }): JSX.Element {
  return (
    <li class={`target target-${target.health}`}>
      <button type="button" class="target-head" aria-expanded={isOpen} onClick={() => { setParams({ target: isOpen ? null : target.id }); }}>
        <HealthMark health={target.health} />
        <span class="target-name"><strong>{target.job}</strong><span>{target.url}</span></span>
        <span class="target-fact"><small>scraped</small>{target.last_scrape_ms === null ? "–" : ago(target.last_scrape_ms, now)}</span>
        <span class="target-fact"><small>took</small>{target.duration_seconds === null ? "–" : duration(target.duration_seconds * 1000)}</span>
        <span class="target-fact"><small>samples</small>{target.samples === null ? "–" : whole(target.samples)}</span>
        <span class="target-fact"><small>every</small>{duration(target.interval_seconds * 1000)}</span>
      </button>
      {target.last_error === null ? null : <p class="target-error" role="alert">{target.last_error}</p>}
      {isOpen ? (
        <div class="target-body">
          {target.labels === null ? <p class="muted">A rule dropped it; it is not scraped.</p> : <section><h3>Labels of its series</h3><LabelList labels={target.labels} /></section>}
          <RelabellingSteps target={target} />
        </div>
      ) : null}
    </li>
  );
}

export function LabelList({ labels }: { labels: Labels }): JSX.Element {
  return <ul class="labels">{Object.entries(labels).map(([name, value]) => <li key={name}><span>{name}</span>{value}</li>)}</ul>;
}

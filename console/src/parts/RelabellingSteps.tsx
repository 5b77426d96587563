/** How the labels of a target came about, one step per rule. */

import type { JSX } from "preact";

import { api } from "../api/client";
import type { RelabelStep, Target } from "../api/types";
import { useAnswer } from "../answer";
import { LabelList } from "../pages/targets";
import { ErrorNote } from "./Notes";

export function RelabellingSteps({ target }: { target: Target }): JSX.Element {
  const answer = useAnswer(target.id, (signal) => api.relabelling(target.id, signal), 0, target.id);
  const relabelling = answer.value;
  if (relabelling === null) return <ErrorNote error={answer.error} />;
  return (
    <section>
      <h3>Relabelling, step by step</h3>
      <ol class="steps">
        <li class="step"><div class="step-rule"><strong>discovered</strong></div><LabelList labels={relabelling.discovered_labels} /></li>
        {relabelling.steps.map((step, index) => <Step key={index} step={step} />)}
        <li class={relabelling.labels === null ? "step step-dropped" : "step step-end"}>
          <div class="step-rule"><strong>{relabelling.labels === null ? "dropped" : "scraped with"}</strong></div>
          {relabelling.labels === null
            ? <p class="muted">No rule after this one was looked at.</p>
            : <><LabelList labels={relabelling.labels} /><p class="muted">instance is the address where no rule sets it; labels that begin with __ go away</p></>}
        </li>
      </ol>
    </section>
  );
}

function Step({ step }: { step: RelabelStep }): JSX.Element {
  return (
    <li class={`step step-${step.outcome}`}>
      <div class="step-rule"><strong>{step.rule.action}</strong><code>{describe(step.rule)}</code><span class="tag">{step.outcome}</span></div>
      {step.changes.map((change) => (
        <div key={change.label} class="change">
          <span>{change.label}</span>
          {change.before === null ? <em>absent</em> : <del>{change.before}</del>}
          <span aria-hidden="true">→</span>
          {change.after === null ? <em>absent</em> : <ins>{change.after}</ins>}
        </div>
      ))}
    </li>
  );
}

/** A rule in one line. */
export function describe(rule: RelabelStep["rule"]): string {
  const source = rule.source_labels.join(rule.separator);
  const parts = [
    source === "" ? "" : source,
    rule.regex === "(.*)" ? "" : `=~ ${rule.regex}`,
    rule.modulus === null ? "" : `% ${rule.modulus}`,
    rule.target_label === null ? "" : `→ ${rule.target_label}${rule.replacement === null || rule.replacement === "$1" ? "" : ` = ${rule.replacement}`}`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

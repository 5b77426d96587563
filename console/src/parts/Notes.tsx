/** Small things that pages share: errors, empty states, lines to copy, marks. */

import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import type { ApiError } from "../api/client";
import type { Json, JsonObject } from "../api/types";
import { levelLetter } from "../format";

export function ErrorNote({ error }: { error: ApiError | null }): JSX.Element | null {
  if (error === null) return null;
  return (
    <div class="note note-error" role="alert">
      <strong>{error.message}</strong>
      {error.remedy === "" ? null : <span>{error.remedy}</span>}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <svg viewBox="0 0 48 24" aria-hidden="true"><path d="M2 6h16c7 0 7 12 14 12h14" /><path d="M2 13h12c7 0 7 9 14 9h18" /></svg>
      <strong>{title}</strong>
      {children === undefined ? null : <p>{children}</p>}
    </div>
  );
}

export function Copy({ text }: { text: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => { setCopied(false); }, 1500);
    });
  };
  return (
    <div class="copy">
      <code>{text}</code>
      <button type="button" class="button" onClick={copy}>{copied ? "Copied" : "Copy"}</button>
    </div>
  );
}

/** A letter and a colour. */
export function LevelMark({ level }: { level: string }): JSX.Element {
  return <span class={`level level-${level}`} title={level}>{levelLetter(level)}</span>;
}

/** Names and values, each with what the person may do with it. */
export function Fields({ of, onPick }: { of: JsonObject; onPick?: (name: string, value: string) => void }): JSX.Element {
  const entries = Object.entries(of);
  if (entries.length === 0) return <p class="muted">none</p>;
  return (
    <dl class="fields">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span>{asText(value)}</span>
            {onPick === undefined ? null : (
              <button type="button" class="pick" title={`only records with ${name} = ${asText(value)}`} onClick={() => { onPick(name, asText(value)); }}>
                filter
              </button>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

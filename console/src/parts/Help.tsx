/** What the keys do. */

import type { JSX } from "preact";

const KEYS: [string, string][] = [
  ["/", "search"],
  ["j  k", "next, previous"],
  ["Enter", "open"],
  ["Esc", "close, leave the field"],
  ["t", "time range"],
  [".", "live tail: on, paused"],
  ["?", "this list"],
];

export function Help({ pages, onClose }: { pages: { name: string; key: string }[]; onClose: () => void }): JSX.Element {
  const keys = [...KEYS, ...pages.map((page): [string, string] => [`g ${page.key}`, page.name])];
  return (
    <div class="overlay" onClick={onClose}>
      <div class="dialog" role="dialog" aria-label="Keys" onClick={(event) => { event.stopPropagation(); }}>
        <h2>Keys</h2>
        <dl class="keys">
          {keys.map(([key, what]) => (
            <div key={key}>
              <dt>{key.split(/ +/).map((each) => <kbd key={each}>{each}</kbd>)}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

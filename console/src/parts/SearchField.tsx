/** The page's search field: searches as the person pauses, or on Enter. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

const PAUSE_MS = 350;

interface Props {
  value: string;
  placeholder: string;
  onSearch: (text: string) => void;
}

export function SearchField({ value, placeholder, onSearch }: Props): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  // Back and forward change the address under the field.
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  const search = (): void => {
    clearTimeout(timer.current);
    const text = field.current?.value ?? "";
    if (text !== value) onSearch(text);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      search();
      field.current?.blur();
    }
  };
  return (
    <label class="search">
      <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="10" cy="10" r="6" /><path d="M15 15l6 6" /></svg>
      <input
        ref={field} type="search" data-search spellcheck={false} autoComplete="off" placeholder={placeholder} aria-label={placeholder.split(":")[0]} defaultValue={value}
        onInput={() => { clearTimeout(timer.current); timer.current = window.setTimeout(search, PAUSE_MS); }} onKeyDown={onKeyDown}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

/** An answer of the API as a component sees it: the newest one, whether another is on its way, or what went wrong. */

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { ApiError } from "./api/client";

export interface Answer<T> {
  value: T | null;
  error: ApiError | null;
  loading: boolean;
}

/** True once the API asked for a token. */
export const isLocked = signal(false);

export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "unknown", String(error), "");
}

/**
 * Asks again whenever `key` changes, and each `everyMs`. The answer before stays while the next is on its way, unless
 * `key` changed to another subject (`subject`).
 */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs = 0, subject = ""): Answer<T> {
  const [state, setState] = useState<Answer<T> & { subject: string }>({ value: null, error: null, loading: true, subject });
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const run = (): void => {
      latest.current(abort.signal).then(
        (value) => { if (!abort.signal.aborted) setState({ value, error: null, loading: false, subject }); },
        (error: unknown) => {
          if (abort.signal.aborted) return;
          const told = toApiError(error);
          if (told.status === 401) isLocked.value = true;
          setState((before) => ({ value: before.subject === subject ? before.value : null, error: told, loading: false, subject }));
        },
      ).finally(() => {
        if (everyMs > 0 && !abort.signal.aborted) timer = window.setTimeout(run, everyMs);
      });
    };
    setState((before) => ({ ...before, loading: true }));
    run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, subject]);
  return state.subject === subject ? state : { value: null, error: null, loading: true };
}

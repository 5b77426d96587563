/** What shows when the API asks for a token. */

import type { JSX } from "preact";

import { Empty } from "./Notes";

export function Locked(): JSX.Element {
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token");
    // The server takes it out of the address, and into a cookie that no script can read.
    if (typeof token === "string" && token !== "") location.assign(`/pipeline?token=${encodeURIComponent(token)}`);
  };
  return (
    <Empty title="This console asks for a token">
      It was given to weir dev with --token-file or WEIR_CONSOLE_TOKEN.
      <form class="token" onSubmit={open}>
        <input name="token" type="password" autoComplete="current-password" aria-label="Token" data-search />
        <button type="submit" class="button button-main">Open</button>
      </form>
    </Empty>
  );
}

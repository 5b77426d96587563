/** The frame around all pages: navigation, time range, theme, help. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { isLocked } from "./answer";
import { focusSearch, useKeys } from "./keys";
import { Help } from "./parts/Help";
import { Locked } from "./parts/Locked";
import { TimeRangeButton } from "./parts/TimeRange";
import { LogsPage } from "./pages/logs";
import { MetricsPage } from "./pages/metrics";
import { PipelinePage } from "./pages/pipeline";
import { TargetsPage } from "./pages/targets";
import { TracePage } from "./pages/trace";
import { TracesPage } from "./pages/traces";
import { theme, toggleTheme } from "./theme";
import { go, link, onLinkClick, route } from "./url";

const PAGES = [
  { path: "/pipeline", name: "Pipeline", key: "p", icon: "M2 7h5c3 0 3 10 6 10h9M2 12h3c3 0 3 9 6 9" },
  { path: "/logs", name: "Logs", key: "l", icon: "M4 6h16M4 11h16M4 16h10" },
  { path: "/traces", name: "Traces", key: "t", icon: "M3 6h11M7 12h12M12 18h9" },
  { path: "/metrics", name: "Metrics", key: "m", icon: "M3 18l6-7 4 4 8-10" },
  { path: "/targets", name: "Targets", key: "a", icon: "M12 3a9 9 0 1 0 9 9M12 8a4 4 0 1 0 4 4M12 12l8-8" },
];

const TIMELESS = new Set(["/pipeline", "/targets"]);

export function App(): JSX.Element {
  const [help, setHelp] = useState(false);
  const path = route.value.path;
  const jumps = Object.fromEntries(PAGES.map((page) => [`g ${page.key}`, () => { go(page.path); }]));
  useKeys({ ...jumps, "/": focusSearch, "?": () => { setHelp(!help); }, ...(help ? { Escape: () => { setHelp(false); } } : {}) });
  return (
    <div class="frame" onClick={onLinkClick}>
      <header class="top">
        <a class="brand" href={link("/pipeline")} aria-label="weir">
          <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M2 9h11c4 0 4 12 8 12h9" /><path class="faint" d="M2 16h8c4 0 4 12 8 12h12" /></svg>
          <span>weir</span>
        </a>
        <nav class="nav" aria-label="Pages">
          {PAGES.map((page) => (
            <a key={page.path} href={link(page.path)} aria-current={path.startsWith(page.path) ? "page" : undefined} title={`${page.name} (g ${page.key})`}>
              <svg viewBox="0 0 24 24" aria-hidden="true"><path d={page.icon} /></svg>
              <span>{page.name}</span>
            </a>
          ))}
        </nav>
        <div class="top-tools">
          {TIMELESS.has(path) || path.startsWith("/traces/") ? null : <TimeRangeButton />}
          <button type="button" class="icon" title={theme.value === "dark" ? "Light colours" : "Dark colours"} aria-label="Change colours" onClick={toggleTheme}>
            <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8" /><path class="fill" d="M12 4a8 8 0 0 1 0 16z" /></svg>
          </button>
          <button type="button" class="icon" title="Keys (?)" aria-label="Keys" onClick={() => { setHelp(true); }}>?</button>
        </div>
      </header>
      <main class="page">{isLocked.value ? <Locked /> : pageOf(path)}</main>
      {help ? <Help pages={PAGES} onClose={() => { setHelp(false); }} /> : null}
    </div>
  );
}

function pageOf(path: string): JSX.Element {
  const [, first, second] = path.split("/");
  switch (first) {
    case "logs": return <LogsPage />;
    case "traces": return second === undefined || second === "" ? <TracesPage /> : <TracePage key={second} id={second} />;
    case "metrics": return <MetricsPage />;
    case "targets": return <TargetsPage />;
    default: return <PipelinePage />;
  }
}

/** A picture of each page, in both themes and both widths. */

import { join } from "node:path";

const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 800 };
const query = encodeURIComponent("histogram_quantile(0.95, sum by (le) (rate(shop_request_seconds_bucket[30s])))");

/** Pages, and what to wait for on each. */
export const PAGES = [
  { name: "pipeline", path: "/pipeline", shown: ".ledger .verdict", pauseMs: 2500 },
  { name: "logs", path: "/logs?from=now-5m&q=-flood", shown: ".log-line", open: ".log-error" },
  { name: "traces", path: "/traces?from=now-5m&filter=http.route", shown: ".trace-list a" },
  { name: "trace", path: "/traces/TRACE?span=SPAN", shown: ".span-row" },
  { name: "metrics", path: `/metrics?from=now-5m&query=${query}`, shown: ".legend-list" },
  { name: "targets", path: "/targets", shown: ".target-error", open: ".target-up .target-head" },
];

/** Shows each; writes pictures when a folder is given. */
export async function screenshots({ browser, watch, url, traceId, span, folder }) {
  const seen = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [WIDE, NARROW]) {
      const context = await browser.newContext({ viewport, colorScheme });
      const page = watch(await context.newPage());
      for (const { name, path, shown, open, pauseMs = 600 } of PAGES) {
        await page.goto(url + path.replace("TRACE", traceId).replace("SPAN", viewport === WIDE ? span : ""));
        await page.locator(shown).first().waitFor({ timeout: 20_000 });
        if (open !== undefined && viewport === WIDE) await page.locator(open).first().click();
        await page.waitForTimeout(pauseMs);
        const scrollWidth = await page.evaluate(() => document.documentElement.scrollWidth);
        seen.push({ name, width: viewport.width, scrollWidth });
        if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${viewport.width}.png`) });
      }
      await context.close();
    }
  }
  return seen;
}

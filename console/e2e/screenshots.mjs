/** A picture of each page, in both themes and both widths. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 800 };
const query = encodeURIComponent("histogram_quantile(0.95, sum by (le) (rate(shop_request_seconds_bucket[30s])))");

/** Pages, and what to wait for on each. */
export const PAGES = [
  { name: "pipeline", path: "/pipeline", shown: ".ledger .verdict", pauseMs: 2500 },
  { name: "logs", path: "/logs?from=now-5m&q=-flood", shown: ".facets summary >> nth=4", open: ".log-error" },
  { name: "traces", path: "/traces?from=now-5m", shown: ".trace-list a" },
  { name: "trace", path: "/traces/TRACE?span=SPAN", shown: ".span-row" },
  { name: "metrics", path: `/metrics?from=now-5m&query=${query}`, shown: ".legend-list" },
  { name: "targets", path: "/targets", shown: ".target-error", open: ".target-up .target-head" },
];

/** A picture in a tenth of the bytes; the browser can write it. */
async function webp(browser, png) {
  const page = await browser.newPage();
  const address = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.86);
  }, `data:image/png;base64,${png.toString("base64")}`);
  await page.close();
  return Buffer.from(address.split(",")[1], "base64");
}

/** Shows each; writes pictures when a folder is given. */
export async function screenshots({ browser, watch, url, traceId, span, folder }) {
  const seen = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [WIDE, NARROW]) {
      const context = await browser.newContext({ viewport, colorScheme });
      const page = watch(await context.newPage());
      for (const { name, path, shown, open, pauseMs = 600 } of PAGES) {
        await page.goto(url + path.replace("TRACE", traceId).replace("SPAN", viewport === WIDE ? span : ""));
        await page.locator(shown).first().waitFor({ state: "attached", timeout: 20_000 });
        if (open !== undefined && viewport === WIDE) await page.locator(open).first().click();
        await page.waitForTimeout(pauseMs);
        const scrollWidth = await page.evaluate(() => document.documentElement.scrollWidth);
        seen.push({ name, width: viewport.width, scrollWidth });
        if (folder !== undefined) {
          const picture = await webp(browser, await page.screenshot());
          writeFileSync(join(folder, `${name}-${colorScheme}-${viewport.width}.webp`), picture);
        }
      }
      await context.close();
    }
  }
  return seen;
}

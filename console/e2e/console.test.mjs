/** The console in a real browser against a real `weir dev`. See ../README.md. */

import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

import { PAGES, screenshots } from "./screenshots.mjs";
import { Shop } from "./shop.mjs";
import { Weir, freePort, onPath } from "./weir.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WAIT = { timeout: 20_000 };
/** A page that stands still longer than this feels frozen, also on a slow machine. */
const FRAME_GAP_MS_MAX = 1500;

const weir = new Weir();
const shop = new Shop({});
let browser;
let page;
/** What the browser complained about, and what it asked others for. */
const complaints = [];

function watch(each) {
  each.on("console", (message) => {
    // That this test reads the chart's pixels is no fault of the console's.
    const isOurs = message.text().startsWith("Canvas2D: Multiple readback operations");
    if (["error", "warning"].includes(message.type()) && !isOurs) complaints.push(message.text());
  });
  each.on("pageerror", (error) => { complaints.push(error.message); });
  each.on("requestfailed", (request) => {
    // A page that is left takes its open requests with it.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  each.on("request", (request) => { if (!request.url().startsWith(weir.url) && !request.url().startsWith("data:")) complaints.push(`asked another: ${request.url()}`); });
  each.on("response", (answer) => { if (answer.status() >= 400) complaints.push(`${answer.status()} ${answer.url()}`); });
  return each;
}

const open = (path) => page.goto(weir.url + path, { waitUntil: "load" });
const text = (selector) => page.locator(selector).first().textContent(WAIT);

before(async () => {
  const up = await shop.listen();
  await weir.start({ up, down: `127.0.0.1:${await freePort()}` });
  shop.logFile = join(weir.logs, "checkout.log");
  shop.otlp = weir.otlp;
  const executablePath = process.env.WEIR_CHROMIUM ?? onPath(["chromium", "chromium-browser", "google-chrome"]);
  browser = await chromium.launch({ executablePath, args: FLAGS });
  page = watch(await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage());
});

after(async () => {
  await browser?.close();
  shop.close();
  assert.equal(await weir.stop(), 0, weir.log);
});

test("a line that was written is found, opens its trace, and the trace leads back to it", async () => {
  const { traceId, root } = await shop.serve({ message: "a pelican ordered fish" });
  await open("/logs?from=now-15m");
  await page.keyboard.press("/");
  await page.keyboard.type("pelican");
  await page.keyboard.press("Enter");
  const line = page.locator(".log-line", { hasText: "a pelican ordered fish" });
  await line.waitFor(WAIT);
  await page.waitForFunction(() => document.querySelectorAll(".log-line").length === 1, undefined, WAIT);
  await page.keyboard.press("j");
  assert.match(await text(".raw"), /"msg":"a pelican ordered fish"/);
  assert.equal(await page.locator("[data-trace]").getAttribute("data-trace", WAIT), traceId);
  await page.keyboard.press("Enter");
  await page.locator(`[data-span="${root}"]`).waitFor(WAIT);
  assert.equal(new URL(page.url()).pathname, `/traces/${traceId}`);
  assert.equal(await page.locator(".span-row").count(), 6);
  assert.ok(await page.locator(".critical").count() > 0, "the critical path is drawn");
  await page.locator(".trace-logs .neighbour", { hasText: "pelican" }).click(WAIT);
  await page.locator(".log-line.selected", { hasText: "pelican" }).waitFor(WAIT);
});

test("a failed request shows as an error, with the span that failed", async () => {
  const { traceId } = await shop.serve({ fails: true });
  await open("/traces?from=now-15m&error=true");
  await page.locator(".trace-list a", { hasText: "3 errors" }).first().waitFor(WAIT);
  await page.locator(`.trace-list a[href*="${traceId}"]`).click(WAIT);
  await page.locator(".span-row", { hasText: "charge card" }).click(WAIT);
  assert.match(await text(".detail .note-error"), /card declined/);
  assert.match(await text(".detail"), /CardDeclined/);
});

test("weir's own traces stay out of the way of others until they are asked for", async () => {
  await open("/traces?from=now-15m");
  const own = page.getByRole("button", { name: "weir's own" });
  await own.waitFor(WAIT);
  const weirs = page.locator(".trace-list a", { hasText: /^(scrape|export)/ });
  await page.locator(".trace-list a", { hasText: "POST /checkout" }).first().waitFor(WAIT);
  await page.waitForFunction(() => ![...document.querySelectorAll(".trace-name strong")].some((name) => /^(scrape|export)$/.test(name.textContent)), undefined, WAIT);
  await own.click();
  await weirs.first().waitFor(WAIT);
});

test("a chart moves as the metric does, and an exemplar opens its trace", async () => {
  await open(`/metrics?from=now-5m&query=${encodeURIComponent('http_requests_total{service="web"}')}`);
  const value = page.locator(".legend-list strong").first();
  await value.waitFor(WAIT);
  const shown = await value.textContent();
  for (let each = 0; each < 5; each += 1) await shop.serve();
  await page.waitForFunction((earlier) => Number(document.querySelector(".legend-list strong")?.textContent) >= Number(earlier) + 5, shown, WAIT);
  await page.keyboard.press("/");
  await page.keyboard.type("shop_request_seconds_bucket");
  await page.locator(".name-row", { hasText: "shop_request_seconds_bucket" }).click(WAIT);
  await page.getByText(/exemplars: a diamond opens its trace/).waitFor(WAIT);
  await clickDiamond();
  await page.locator(".span-row").first().waitFor(WAIT);
});

/** Finds a diamond of the canvas by its colour, and clicks it. */
async function clickDiamond() {
  const found = await page.waitForFunction(() => {
    const canvas = document.querySelector(".chart canvas");
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    const [red, green, blue] = [1, 3, 5].map((from) => parseInt(accent.slice(from, from + 2), 16));
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const isAccent = (x, y) => { const i = (y * width + x) * 4; return data[i] === red && data[i + 1] === green && data[i + 2] === blue; };
    // A diamond is the only thing that fills a square of five pixels with the colour.
    for (let y = 3; y < canvas.height - 3; y += 1) {
      for (let x = 3; x < width - 3; x += 1) {
        if ([-2, -1, 0, 1, 2].every((by) => isAccent(x + by, y) && isAccent(x, y + by))) {
          const box = canvas.getBoundingClientRect();
          return { x: box.left + (x * box.width) / width, y: box.top + (y * box.height) / canvas.height };
        }
      }
    }
    return null;
  }, undefined, WAIT);
  const at = await found.jsonValue();
  await page.mouse.click(at.x, at.y);
}

test("a target that fails shows its reason, and a relabelling is explained step by step", async () => {
  await open("/targets");
  const broken = page.locator(".target-down", { hasText: "broken" });
  await broken.waitFor(WAIT);
  assert.match(await broken.locator(".target-error").textContent(), /Connection refused/);
  await page.locator(".target-up .target-head", { hasText: "shop" }).click(WAIT);
  const steps = page.locator(".steps .step");
  await steps.nth(3).waitFor(WAIT);
  assert.match(await steps.nth(2).textContent(), /zone =~ \(\.\+\)-\.\*.*region.*absent.*eu/);
  await page.locator(".target-dropped .target-head").click(WAIT);
  await page.locator(".step-dropped", { hasText: "drop" }).first().waitFor(WAIT);
});

test("the pipeline shows each part with its numbers, and books that balance", async () => {
  await open("/");
  await page.locator(".ledger .verdict").first().waitFor(WAIT);
  assert.equal(new URL(page.url()).pathname, "/pipeline");
  for (const verdict of await page.locator(".ledger .verdict").allTextContents()) assert.match(verdict, /balances/);
  for (const part of ["Scrape", "Host metrics", "Log files", "OTLP gRPC", "OTLP HTTP", "weir itself", "Store"]) {
    await page.locator(".card header strong", { hasText: part }).first().waitFor(WAIT);
  }
  const delivered = async () => Number((await page.locator(".ledger tbody tr").first().locator("td").nth(6).textContent()).replaceAll(",", ""));
  const earlier = await delivered();
  await page.waitForFunction((less) => Number(document.querySelectorAll(".ledger tbody tr")[0].querySelectorAll("td")[6].textContent.replaceAll(",", "")) > less, earlier, WAIT);
  assert.ok(await page.locator(".inputs .copy").count() >= 2, "lines to copy");
});

test("a shared address shows the same to somebody else", async () => {
  await open(`/logs?from=now-15m&q=pelican&filter=${encodeURIComponent("level=info")}`);
  await page.locator(".log-line").first().click(WAIT);
  await page.locator(".detail .raw").waitFor(WAIT);
  const shared = page.url();
  const other = watch(await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage());
  await other.goto(shared);
  await other.locator(".log-line.selected", { hasText: "pelican" }).waitFor(WAIT);
  assert.equal(await other.locator(".detail-message").textContent(), await page.locator(".detail-message").textContent());
  assert.equal(await other.locator(".chips li").first().textContent(), "level=info×");
  assert.equal(await other.locator("[data-search]").inputValue(), "pelican");
  await other.reload();
  await other.locator(".detail .raw").waitFor(WAIT);
  assert.equal(other.url(), shared);
  await other.context().close();
});

test("keys move, open, close and change the time range", async () => {
  await open("/logs?from=now-15m");
  await page.locator(".log-line").nth(2).waitFor(WAIT);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.waitForFunction(() => document.querySelectorAll(".log-line")[1]?.classList.contains("selected"), undefined, WAIT);
  await page.keyboard.press("k");
  await page.waitForFunction(() => document.querySelectorAll(".log-line")[0]?.classList.contains("selected"), undefined, WAIT);
  await page.keyboard.press("Escape");
  await page.locator(".detail").waitFor({ state: "detached", ...WAIT });
  await page.keyboard.press("t");
  await page.getByRole("button", { name: "Last 6 hours" }).click(WAIT);
  assert.equal(new URL(page.url()).searchParams.get("from"), "now-6h");
  for (const [key, path] of [["t", "/traces"], ["m", "/metrics"], ["a", "/targets"], ["p", "/pipeline"], ["l", "/logs"]]) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    assert.equal(new URL(page.url()).pathname, path);
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor(WAIT);
  await page.keyboard.press("Escape");
  await page.goBack();
  assert.equal(new URL(page.url()).pathname, "/pipeline");
});

test("markup in a line is text, wherever it shows", async () => {
  const markup = `<img src=x onerror="window.owned=1"><script>window.owned=1</script><b id="bold">zebra</b>`;
  shop.log("warn", markup, { [`<i id="key">`]: markup });
  await open("/logs?from=now-15m&q=zebra");
  const line = page.locator(".log-line", { hasText: "zebra" });
  await line.waitFor(WAIT);
  assert.equal(await line.locator(".log-message").textContent(), markup);
  await line.click();
  await page.locator(".detail .raw").waitFor(WAIT);
  await page.locator(".facets summary", { hasText: "key" }).first().waitFor(WAIT);
  assert.equal(await page.evaluate(() => [window.owned, document.querySelector("#bold, #key, .page img, .page script")].join()), ",");
});

test("ten thousand lines a second do not freeze the page, and what is not shown is said", async () => {
  await open("/logs?live=1");
  await page.getByText("waiting for lines").or(page.getByText("all shown")).first().waitFor(WAIT);
  await page.evaluate(() => {
    window.gaps = [];
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      window.gaps.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const flood = join(weir.logs, "flood.log");
  for (let tenth = 0; tenth < 60; tenth += 1) {
    appendFileSync(flood, Array.from({ length: 1000 }, (_, line) => `{"level":"info","msg":"flood ${tenth} ${line}"}\n`).join(""));
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  await page.getByText(/a sample: .* lines\/s shown/).waitFor(WAIT);
  const drawn = await page.locator(".log-line").count();
  assert.ok(drawn > 10 && drawn < 120, `${drawn} lines are in the page`);
  const worst = await page.evaluate(() => Math.max(...window.gaps));
  assert.ok(worst < FRAME_GAP_MS_MAX, `the page stood still for ${worst} ms`);
  await page.keyboard.press(".");
  await page.getByRole("button", { name: /^Resume/ }).waitFor(WAIT);
});

test("every page shows in both themes and widths without a complaint of the browser", async () => {
  for (let each = 0; each < 24; each += 1) await shop.serve({ fails: each % 9 === 4, slow: 0.4 + ((each * 7) % 11) / 5 });
  const { traceId, pay } = await shop.serve({ fails: true });
  const folder = process.env.WEIR_SCREENSHOTS;
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  // The shop stays open meanwhile, so that there is something to see.
  let served = 0;
  const serving = setInterval(() => { served += 1; void shop.serve({ fails: served % 7 === 3, slow: 0.4 + Math.random() * 1.5 }); }, 250);
  const seen = await screenshots({ browser, watch, url: weir.url, traceId, span: pay, folder });
  clearInterval(serving);
  assert.equal(seen.length, PAGES.length * 4);
  for (const { name, width, scrollWidth } of seen) assert.ok(scrollWidth <= width, `${name} is ${scrollWidth} px wide at ${width}`);
});

test("the browser had nothing to complain about, and nothing was asked of another machine", () => {
  assert.deepEqual(complaints, []);
});

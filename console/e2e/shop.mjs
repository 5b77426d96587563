/** A small shop to look at: its requests are traces, its log lines carry their trace ids, its metrics exemplars. */

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";

import { traceRequest } from "./protobuf.mjs";

const hex = (digits) => Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join("");
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5];

export class Shop {
  requests = { web: 0, checkout: 0 };
  #buckets = BUCKETS.map(() => ({ count: 0, exemplar: "" }));
  #seconds = 0;
  #server;

  constructor({ logFile, otlp }) {
    this.logFile = logFile;
    this.otlp = otlp;
  }

  /** Serves its metrics; gives the address. */
  async listen() {
    this.#server = createServer((_, answer) => {
      answer.setHeader("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8");
      answer.end(this.#page());
    });
    await new Promise((resolve) => { this.#server.listen(0, "127.0.0.1", resolve); });
    return `127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** One request: a trace, its log lines, its metrics. Gives its trace id. */
  async serve({ fails = false, slow = 1, ago = 0, message = "order placed" } = {}) {
    const traceId = hex(32);
    const began = BigInt(Date.now() - ago) * 1_000_000n;
    const ids = Array.from({ length: 6 }, () => hex(16));
    const [root, cart, pay, card, save, mail] = ids;
    const at = (ms) => began + BigInt(Math.round(ms * slow * 1e6));
    const span = (spanId, parent, service, name, from, to, more = {}) => ({ traceId, spanId, parent, service, name, kind: 1, start: at(from), end: at(to), ...more });
    const error = fails ? "card declined" : undefined;
    const spans = [
      span(root, null, "web", "POST /checkout", 0, 210, { kind: 2, error, attributes: { "http.route": "/checkout", "http.response.status_code": fails ? 500 : 200 } }),
      span(cart, root, "web", "load cart", 4, 40),
      span(pay, root, "checkout", "POST /pay", 44, 170, { kind: 2, error }),
      span(card, pay, "payment", "charge card", 52, 150, { kind: 3, error, events: fails ? [{ time: at(148), name: "exception", attributes: { "exception.type": "CardDeclined" } }] : [] }),
      span(save, root, "checkout", "INSERT orders", 172, 196, { kind: 3, attributes: { "db.system": "postgresql" } }),
      span(mail, root, "mail", "queue receipt", 180, 205, { kind: 4 }),
    ];
    await fetch(`${this.otlp}/v1/traces`, { method: "POST", headers: { "content-type": "application/x-protobuf" }, body: traceRequest(spans) });
    this.log("info", "POST /checkout", { trace_id: traceId, span_id: root, user_id: Math.floor(Math.random() * 90) + 10 });
    this.log(fails ? "error" : "info", fails ? "payment failed: card declined" : message, { trace_id: traceId, span_id: pay, amount: Math.floor(Math.random() * 9000) / 100 });
    this.#count(0.21 * slow, traceId, root);
    return { traceId, root, pay };
  }

  log(level, msg, fields = {}) {
    appendFileSync(this.logFile, `${JSON.stringify({ time: new Date().toISOString(), level, msg, service: "checkout", ...fields })}\n`);
  }

  #count(seconds, traceId, spanId) {
    this.requests.web += 1;
    this.requests.checkout += 1;
    this.#seconds += seconds;
    const bucket = this.#buckets[BUCKETS.findIndex((each) => seconds <= each)];
    if (bucket === undefined) return;
    bucket.count += 1;
    bucket.exemplar = ` # {trace_id="${traceId}",span_id="${spanId}"} ${seconds.toFixed(3)} ${(Date.now() / 1000).toFixed(3)}`;
  }

  #page() {
    let sum = 0;
    const buckets = BUCKETS.map((le, index) => {
      sum += this.#buckets[index].count;
      return `shop_request_seconds_bucket{le="${le}"} ${sum}${this.#buckets[index].exemplar}`;
    });
    return [
      "# TYPE http_requests counter", "# HELP http_requests Requests served.",
      ...Object.entries(this.requests).map(([service, count]) => `http_requests_total{service="${service}"} ${count}`),
      "# TYPE shop_request_seconds histogram", "# HELP shop_request_seconds How long requests took.",
      ...buckets, `shop_request_seconds_bucket{le="+Inf"} ${this.requests.web}`,
      `shop_request_seconds_sum ${this.#seconds}`, `shop_request_seconds_count ${this.requests.web}`,
      "# EOF", "",
    ].join("\n");
  }
}

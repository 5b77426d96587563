/** A running `weir dev`, with a configuration of its own. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const START_MS = 30_000;

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/** The first of these programs on PATH. */
export function onPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

export class Weir {
  folder = mkdtempSync(join(tmpdir(), "weir-console-"));
  logs = join(this.folder, "logs");
  log = "";
  #child;

  /** Starts it with targets `up` and `down`; gives when it is ready. */
  async start({ up, down, token }) {
    mkdirSync(this.logs, { recursive: true });
    const [grpc, http, telemetry] = [await freePort(), await freePort(), await freePort()];
    this.otlp = `http://127.0.0.1:${http}`;
    const config = join(this.folder, "weir.yaml");
    writeFileSync(config, CONFIG({ up, down, logs: this.logs, grpc, http, telemetry }));
    const environment = { ...process.env, ...(token === undefined ? {} : { WEIR_CONSOLE_TOKEN: token }) };
    this.#child = spawn(process.env.WEIR_BIN, ["dev", "--config", config, "--data", join(this.folder, "data"), "--listen", "127.0.0.1:0"], { env: environment });
    const read = (chunk) => { this.log += chunk; };
    this.#child.stdout.on("data", read);
    this.#child.stderr.on("data", read);
    this.ended = new Promise((resolve) => { this.#child.on("exit", resolve); });
    const until = Date.now() + START_MS;
    while (!this.log.includes("Ctrl-C")) {
      if (Date.now() > until || this.#child.exitCode !== null) throw new Error(`weir dev is not ready: ${this.log}`);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    this.url = /console\s+(http:\/\/[^/\s]+)/.exec(this.log)[1];
  }

  /** SIGTERM; gives the exit code. */
  async stop() {
    this.#child.kill("SIGTERM");
    const code = await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

const CONFIG = ({ up, down, logs, grpc, http, telemetry }) => `
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: shop
    static_configs:
      - {targets: ["${up}"], labels: {__meta_zone: eu-1a, team: web}}
      - {targets: ["127.0.0.1:1"], labels: {__meta_zone: test}}
    relabel_configs:
      - {source_labels: [__meta_zone], target_label: zone}
      - {source_labels: [zone], regex: '(.+)-.*', target_label: region}
      - {source_labels: [zone], regex: test, action: drop}
  - job_name: broken
    static_configs: [{targets: ["${down}"]}]
  - job_name: weir
    static_configs: [{targets: ["127.0.0.1:${telemetry}"]}]
host_metrics: {interval: 1s}
logs:
  - name: shop
    paths: ["${logs}/*.log"]
otlp:
  grpc: {listen: "127.0.0.1:${grpc}"}
  http: {listen: "127.0.0.1:${http}"}
telemetry: {listen: "127.0.0.1:${telemetry}"}
`;

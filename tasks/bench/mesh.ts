/** Part "mesh": what one reading of 1,000 agents of 64 peers takes, in bytes, seconds and memory. @module */

import { agentsAtUrls, readOnce } from "../../src/mesh/agents.ts";
import { FakeAgents } from "../../tests/fakes/agents.ts";
import type { BenchDeps } from "./deps.ts";
import { table, whole } from "./report.ts";

const agents = 1000;
const readings = 3;
/** An agent that reads its fping in bursts answers after up to so long. */
const slowestMs = 1000;
/** Of the seconds, 4 are what the agents take: 1,000 of them, 128 at once, half a second each. */
const limits = { bytesOfAgent: 12_000, seconds: 5, megabytes: 320 };

interface Measured {
  readonly seconds: readonly number[];
  readonly bytesOfAgent: number;
  readonly megabytes: number;
  readonly pairs: number;
}

/** Prints the reading by families, and of older agents that send everything. */
export async function measureMesh({ out }: BenchDeps): Promise<void> {
  const rows: string[][] = [];
  for (const isOld of [false, true]) {
    const { seconds, bytesOfAgent, megabytes, pairs } = await measured(isOld);
    rows.push([
      isOld ? "all, plain (older agents)" : "as asked for, gzip",
      whole(pairs),
      whole(bytesOfAgent),
      seconds.map((one) => one.toFixed(2)).join(" "),
      whole(megabytes),
    ]);
  }
  const { bytesOfAgent, seconds, megabytes } = limits;
  out(
    `\nOne reading of ${agents} agents of 64 peers: at most ${
      whole(bytesOfAgent)
    } bytes an agent, ` +
      `${seconds} s and ${megabytes} MB\n${table(head, rows)}`,
  );
}

const head = ["families", "pairs", "bytes an agent", "seconds, each reading", "peak MB resident"];

/** Agents and reader are processes of their own, so that neither pays for the other. */
async function measured(isOld: boolean): Promise<Measured> {
  const self = new URL(import.meta.url).pathname;
  const start = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--quiet", self, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
  const server = start("serve", String(isOld));
  try {
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value: base = "" } = await reader.read();
    await reader.cancel();
    const { stdout } = await start("read", base.trim()).output();
    const bytes = await (await fetch(`${base.trim()}/bytes`)).text();
    const result = JSON.parse(new TextDecoder().decode(stdout));
    return { ...result, bytesOfAgent: Number(bytes) / agents / readings };
  } finally {
    server.kill("SIGTERM");
    await server.stdin.close();
    await server.status;
  }
}

async function read(base: string): Promise<void> {
  const urls = Array.from({ length: agents }, (_, node) => `${base}/${node}/metrics`);
  const { signal } = new AbortController();
  const listed = await agentsAtUrls(urls).list(signal);
  const seconds: number[] = [];
  let pairs = 0;
  for (let reading = 0; reading < readings; reading++) {
    const startMs = performance.now();
    const { reports, missing } = await readOnce(listed, () => {}, signal);
    seconds.push((performance.now() - startMs) / 1000);
    if (missing.length > 0) throw new Error(`${missing.length} agents were not read`);
    pairs = reports.reduce((sum, { totals }) => sum + totals.length, 0);
  }
  const status = await Deno.readTextFile("/proc/self/status");
  const megabytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000;
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ seconds, megabytes, pairs })));
}

if (import.meta.main) {
  const [role, argument = ""] = Deno.args;
  if (role === "read") await read(argument);
  else {
    const fake = new FakeAgents({
      ...{ nodes: agents, peers: 64, zones: 6, isOld: argument === "true", isStill: true },
      slowestMs,
    });
    await Deno.stdout.write(new TextEncoder().encode(`${fake.base}\n`));
  }
}

/** The demo with the live page: the mesh runs until it is ended, and a key cuts and mends a link. @module */

import { runCli } from "../../src/cli.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { ProgramDeps } from "../../src/platform/process.ts";
import type { DemoNetwork } from "./network.ts";
import { linkByChance, startAgents } from "./scenario.ts";
import type { Link, Stage } from "./scenario.ts";

/** What the live demo is made of. */
export interface LiveStage extends Omit<Stage, "screen" | "signal"> {
  readonly deps: ProgramDeps;
  /** Further flags of nodeping ui. */
  readonly flags: readonly string[];
}

const port = 10927;

/** Runs the mesh and its page until the signal is aborted. */
export async function playLive(stage: LiveStage): Promise<void> {
  const { network, deps, flags } = stage;
  await using running = new AsyncDisposableStack();
  const addresses = await network.joinHost();
  for (const agent of await startAgents(stage, ["--listen", `0.0.0.0:${port}`])) running.use(agent);
  const urls = addresses.map((address) => `http://${address}:${port}`);
  const ending = new AbortController();
  const signal = AbortSignal.any([deps.signal, ending.signal]);
  const cutter = makeCutter(network, deps.out);
  deps.out(`\n${Deno.stdin.isTerminal() ? "c cuts a link, and mends it; " : ""}Ctrl-C ends all.\n`);
  const keys = readKeys(async (key) => {
    if (key === "c") await cutter();
    if (key === "q") ending.abort();
  }, signal);
  try {
    await untilListening(urls, signal);
    await runCli({ ...deps, signal, args: ["ui", "--agents", urls.join(","), ...flags] });
  } finally {
    ending.abort();
    await keys;
  }
}

/** Waits until all agents answer, so that the page does not begin with agents that it cannot read. */
async function untilListening(urls: readonly string[], signal: AbortSignal): Promise<void> {
  const answers = async (url: string) => {
    const { body } = await fetch(`${url}/healthz`, { signal });
    await body?.cancel();
  };
  for (let tries = 0; tries < 50 && !signal.aborted; tries++) {
    const all = await Promise.allSettled(urls.map(answers));
    if (all.every(({ status }) => status === "fulfilled")) return;
    await systemClock.sleep(200, signal).catch(() => {});
  }
}

/** Cuts a link by chance, then mends it, and so on; says which. */
function makeCutter(network: DemoNetwork, out: (text: string) => void): () => Promise<void> {
  let link: Link | undefined;
  return async () => {
    if (link === undefined) {
      link = linkByChance(network.nodes);
      await network.cut(...link);
      out(`Cut the link between ${link[0].name} and ${link[1].name}; c mends it.\n`);
    } else {
      await network.heal();
      out(`Mended the link between ${link[0].name} and ${link[1].name}; c cuts another.\n`);
      link = undefined;
    }
  };
}

/** Lines do as well as keys, where no terminal gives them one by one. */
async function readKeys(
  onKey: (key: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const isTerminal = Deno.stdin.isTerminal();
  if (isTerminal) Deno.stdin.setRaw(true, { cbreak: true });
  const reader = Deno.stdin.readable.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  try {
    for (let read; !(read = await reader.read()).done;) {
      for (const key of new TextDecoder().decode(read.value)) await onKey(key);
    }
  } finally {
    if (isTerminal) Deno.stdin.setRaw(false);
  }
}

/** The demo itself: a healthy mesh, a cut link that is found, and the end of the loss. @module */

import { join } from "node:path";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { namesOf } from "../../src/diagnosis/report.ts";
import type { Verdict } from "../../src/diagnosis/report.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { logEnd, sleep, startAgent } from "../../tests/network/agent_process.ts";
import type { AgentProcess } from "../../tests/network/agent_process.ts";
import type { DemoNetwork, DemoNode } from "./network.ts";
import { lossOf, Observer } from "./observer.ts";
import type { Reading } from "./observer.ts";
import type { NodepingProgram } from "./programs.ts";
import type { Screen } from "./screen.ts";

/** What the demo is made of. */
export interface Stage {
  readonly network: DemoNetwork;
  readonly program: NodepingProgram;
  /** Path of fping. */
  readonly fping: string;
  /** Existing directory for nodes.json and the textfiles. */
  readonly directory: string;
  readonly keepTextfiles: boolean;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** Shows the matrix at least so long, in milliseconds, that a person can read it. */
const healthyMs = 5000;
const cutMs = 7500;
const healedMs = 2000;

/** Runs the demo; true when the link that was cut was named. */
export async function runScenario(stage: Stage): Promise<boolean> {
  const { network, screen, signal } = stage;
  await using running = new AsyncDisposableStack();
  const agents = await startAgents(stage);
  for (const agent of agents) running.use(agent);
  try {
    const nodes = network.nodes.map(({ name }) => name);
    const observer = new Observer({ nodes, agents, screen, clock: systemClock, signal });
    screen.say(
      `\n1. The mesh. ${agents.length} agents start; each probes all others twice a second.`,
    );
    const ms = await observer.untilComplete();
    const pairs = nodes.length * (nodes.length - 1);
    screen.say(`   All ${pairs} pairs have counts after ${(ms / 1000).toFixed(1)} s.`);
    await observer.showUntil(healthyMs, isFree);
    const link = linkByChance(network.nodes);
    const wasFound = await cutAndHeal(stage, observer, link);
    await showTextfile(stage, agents, link);
    return wasFound;
  } catch (error) {
    if (isTimeout(signal.reason)) {
      for (const agent of agents) screen.say(`\n${logEnd(agent.log)}`);
    }
    throw error;
  } finally {
    // Who does not end is killed when it is disposed of.
    await Promise.race([Promise.all(agents.map((agent) => agent.stop())), sleep(2000)]);
  }
}

/** Starts an agent on each node. */
export async function startAgents(
  stage: Omit<Stage, "screen" | "signal">,
  flags: readonly string[] = [],
): Promise<readonly AgentProcess[]> {
  const { network, directory, program, fping, keepTextfiles } = stage;
  const config = join(directory, "nodes.json");
  const list = network.nodes.map(({ name, address: ipAddress }) => ({ name, ipAddress }));
  await Deno.writeTextFile(config, `${JSON.stringify(list, null, 2)}\n`);
  return await Promise.all(network.nodes.map(async ({ name, namespace }) => {
    const textfileDirectory = join(directory, name);
    await Deno.mkdir(textfileDirectory);
    return await startAgent({
      ...{ namespace, config, fping, node: name, textfileDirectory, program: program.line },
      logLevel: "info",
      flags: [...flags, ...(keepTextfiles ? ["--keep-textfile"] : [])],
    });
  }));
}

async function cutAndHeal(stage: Stage, observer: Observer, link: Link): Promise<boolean> {
  const { network, screen } = stage;
  const [one, other] = link;
  screen.say(
    `\n2. The fault. The switch drops all between ${one.name} and ${other.name}, both ways.`,
  );
  await network.cut(one, other);
  const isNamed = (now: Reading) => linkOf(verdictsOf(now)) !== undefined;
  const verdicts = verdictsOf(await observer.showUntil(cutMs, isNamed));
  screen.say(`   Found from the textfiles alone: ${sayVerdicts(verdicts).join("\n   ")}`);
  await network.heal();
  screen.say(`\n3. The repair. The switch forwards everything again.`);
  await observer.showUntil(healedMs, isFree);
  screen.say("   No pair loses probes any more.");
  return linkOf(verdicts)?.join() === [one.name, other.name].join();
}

/** Two nodes, in the order of the list. */
export type Link = readonly [DemoNode, DemoNode];

/** By chance, so that the answer is in the counts alone. */
export function linkByChance(nodes: readonly DemoNode[]): Link {
  const first = Math.floor(Math.random() * nodes.length);
  const second = (first + 1 + Math.floor(Math.random() * (nodes.length - 1))) % nodes.length;
  const [one, other] = [nodes[Math.min(first, second)], nodes[Math.max(first, second)]];
  if (one === undefined || other === undefined) throw new Error("A link needs two nodes");
  return [one, other];
}

function isFree(counts: Reading): boolean {
  return [...counts.values()].every((pair) => lossOf(pair) === 0);
}

/** Shows what the file of one end of the link says of the other end. */
async function showTextfile(
  { screen, directory, network }: Stage,
  agents: readonly AgentProcess[],
  [source, destination]: Link,
): Promise<void> {
  const textfile = agents[network.nodes.indexOf(source)]?.textfile ?? "";
  screen.say(`\n4. The textfiles, which node-exporter would read: ${directory}/node-*/*.prom`);
  screen.say(`   What ${textfile} says of ${destination.name}:`);
  const wanted = ["probesSent", "probesReceived", "rttMax", "lossBursts"] as const;
  const starts = wanted.map((family) => `${families[family].name}{`);
  const label = `destination_node="${destination.name}"`;
  for (const line of (await Deno.readTextFile(textfile)).split("\n")) {
    const isWanted = starts.some((start) => line.startsWith(start)) && line.includes(label);
    if (isWanted) screen.say(`   ${line}`);
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/** The verdicts of {@linkcode diagnose} on the counts of the pairs. */
export function verdictsOf(counts: Reading): readonly Verdict[] {
  return diagnose(meshOf(counts)).report.verdicts;
}

/** The one verdict, where there is one alone and it is a link. */
export function linkOf(verdicts: readonly Verdict[]): readonly string[] | undefined {
  const [verdict, another] = verdicts;
  return verdict?.kind === "link" && another === undefined ? verdict.nodes : undefined;
}

/** The verdicts in words, with evidence and next step. */
export function sayVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  if (verdicts.length === 0) return ["nothing is at fault."];
  return verdicts.flatMap((verdict) => {
    const who = namesOf(verdict);
    const what = verdict.kind === "link" ? `link between` : verdict.kind;
    return [
      `the ${what} ${who.join(" and ")} is at fault.`,
      `${verdict.evidence}.`,
      `Next: ${verdict.next}.`,
    ];
  });
}

function meshOf(counts: Reading): Mesh {
  const pairs = [...counts.values()];
  const names = [...new Set(pairs.map(({ source }) => source))].sort();
  return {
    nodes: names.map((name) => ({ name })),
    sources: names.map((name) => ({ name, silent: false })),
    pairs: pairs.map((pair) => ({ ...pair, address: pair.destination })),
    externals: [],
  };
}

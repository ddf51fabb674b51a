/** The contenders' command lines. @module */

import { detectFping, fpingArgs, planProcesses } from "../../src/fping/arguments.ts";
import { spawnProcess } from "../../src/platform/process.ts";
import type { ContenderOptions } from "./contender.ts";
import { addresses, nodeList, ownNode, ownTargets, probing } from "./contender.ts";
import { findProgram } from "../../tests/needing.ts";
import { agentFlags, textfileOf } from "../../tests/network/agent_process.ts";

const root = new URL("../../", import.meta.url).pathname;

/** A program that the benchmark can run. */
export const compiled = {
  people: `${root}dist/nodeping`,
  image: `${root}dist/image/nodeping`,
} as const;

/** Bare fping with the agent's own plan for these destinations: same targets, same pace. */
export async function bareFping(
  destinations: number,
  fping: string,
  directory: string,
): Promise<ContenderOptions> {
  const features = await detectFping(spawnProcess, fping, new AbortController().signal);
  const plans = planProcesses(addresses(destinations), ownTargets, probing);
  const commands = await Promise.all(plans.map(async (plan, index) => {
    const list = `${directory}/targets-${destinations}-${index}`;
    await Deno.writeTextFile(list, plan.targets.map((target) => `${target}\n`).join(""));
    return `${[fping, ...fpingArgs(plan, probing, features)].join(" ")} < ${list}`;
  }));
  const script = commands.length === 1
    ? `exec ${commands[0]}`
    : `${commands.map((command) => `${command} &`).join(" ")} wait`;
  return { name: "bare fping", line: ["sh", "-c", script] };
}

/** An agent and where it writes. */
export interface AgentContender extends ContenderOptions {
  readonly textfile: string;
}

/** What an agent is started with. */
export interface AgentOptions {
  readonly name: string;
  readonly destinations: number;
  /** Existing directory for its files; each agent needs one of its own. */
  readonly directory: string;
  /** Program of an image; this build's when absent. */
  readonly image?: string;
  readonly flags?: readonly string[];
}

/** A program that can be run as it is: dist/nodeping, or Deno with main.ts. */
export async function plainAgent(
  program: readonly string[],
  options: AgentOptions,
): Promise<AgentContender> {
  const { name, directory, flags = [] } = options;
  await Deno.writeTextFile(`${directory}/nodes.json`, nodeList(options.destinations));
  const places = agentFlags(`${directory}/nodes.json`, ownNode, directory);
  return {
    name,
    line: [...program, "agent", ...places, ...benchFlags, ...flags],
    textfile: textfileOf(ownNode, directory),
  };
}

/**
 * The image's program, which may read and write in the image's places alone: they are laid over the
 * root directory, for this process only.
 */
export async function imageAgent(options: AgentOptions): Promise<AgentContender> {
  const { name, directory, image = compiled.image, flags = [] } = options;
  await Deno.mkdir(`${directory}/config`);
  await Deno.mkdir(`${directory}/textfiles`);
  await Deno.writeTextFile(`${directory}/config/nodes.json`, nodeList(options.destinations));
  const places = agentFlags("/config/nodes.json", ownNode, "/node-exporter-textfile");
  const program = [image, "agent", ...places, ...benchFlags, ...flags];
  return {
    name,
    line: [...inOverlay(directory, imagePlaces), ...program],
    textfile: textfileOf(ownNode, `${directory}/textfiles`),
  };
}

const benchFlags = [
  "--mesh-degree",
  "full",
  "--listen",
  "127.0.0.1:10927",
  "--log-level",
  "warn",
];

const imagePlaces = { config: "/config", textfiles: "/node-exporter-textfile" };

/**
 * The image's program as a pod's, with a service account: token, ca.crt and namespace are in the
 * folder "account" of the directory.
 */
export function imageInPod(directory: string, args: readonly string[]): readonly string[] {
  // What /var/run leads to, in this root as in the image's.
  const places = { account: "/run/secrets/kubernetes.io/serviceaccount" };
  return [...inOverlay(directory, places), compiled.image, ...args];
}

/** The start of a command line that sees the directory's folders at the given places. */
function inOverlay(directory: string, places: Readonly<Record<string, string>>): readonly string[] {
  const binds = Object.entries(places).map(([folder, place]) =>
    `mkdir -p "$layers/merged${place}"\n` +
    `mount --bind "$files/${folder}" "$layers/merged${place}"\n`
  ).join("");
  const script = `${overlayRoot}${binds}exec chroot "$layers/merged" "$@"\n`;
  return ["unshare", "--mount", "env", ...imageEnvironment, "sh", "-euc", script, "sh", directory];
}

/** As in the Dockerfile. */
const imageEnvironment = ["MALLOC_TRIM_THRESHOLD_=65536"] as const;

const overlayRoot = `
  files=$1; shift
  layers=$files/root; mkdir "$layers"
  mount -t tmpfs none "$layers"
  mkdir "$layers/upper" "$layers/work" "$layers/merged"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" "$layers/merged"
  for place in proc dev; do mount --rbind /$place "$layers/merged/$place"; done
`;

/** Path of Debian's prometheus-smokeping-prober; undefined where it is not installed. */
export function findSmokepingProber(): string | undefined {
  return findProgram("prometheus-smokeping-prober");
}

/** smokeping_prober on the same targets at two probes a second, on raw or on ping sockets. */
export async function smokepingProber(
  program: string,
  targets: number,
  privileged: boolean,
  directory: string,
): Promise<ContenderOptions> {
  const config = `${directory}/smokeping-prober.yml`;
  await Deno.writeTextFile(config, "targets: []\n");
  return {
    name: `smokeping-prober, ${privileged ? "raw sockets" : "ping sockets"}`,
    line: [
      program,
      `--config.file=${config}`,
      `--ping.interval=${probing.periodMs}ms`,
      privileged ? "--privileged" : "--no-privileged",
      ...addresses(targets),
    ],
  };
}

/** seed_way.py on so many targets. */
export async function seedWay(
  targets: number,
  directory: string,
  textfile: string,
): Promise<ContenderOptions> {
  const list = `${directory}/seed-targets-${targets}`;
  await Deno.writeTextFile(list, addresses(targets).join("\n"));
  const script = new URL("seed_way.py", import.meta.url).pathname;
  return { name: `seed's way, ${targets}`, line: ["python3", script, list, textfile] };
}

/** `deno task demo`: flags, what it needs, and the end of everything it made. @module */

import { exitCode } from "../src/exit_code.ts";
import type { ExitCode } from "../src/exit_code.ts";
import { integerFlag, switchFlag } from "../src/flag_values.ts";
import { flagHelp, parseFlags } from "../src/flags.ts";
import type { FlagTable } from "../src/flags.ts";
import type { ProgramDeps } from "../src/platform/process.ts";
import { findProgram } from "../tests/needing.ts";
import { playLive } from "./demo/live.ts";
import { makeNetwork, namespacePrefix } from "./demo/network.ts";
import { chooseProgram, installMissing } from "./demo/programs.ts";
import type { NodepingProgram } from "./demo/programs.ts";
import { makeScreen } from "./demo/screen.ts";
import { runScenario } from "./demo/scenario.ts";
import { runProgram } from "./run_program.ts";
import { errorMessage } from "../src/platform/terminal.ts";

interface DemoSettings {
  readonly nodes: number;
  readonly keep: boolean;
  readonly ui: boolean;
  readonly noOpen: boolean;
}

const flags: FlagTable<DemoSettings> = {
  nodes: integerFlag({ name: "nodes", default: "3", help: "nodes of the mesh, 3 to 8" }, 3, 8),
  keep: switchFlag({ name: "keep", help: "leave the textfiles behind" }),
  ui: switchFlag({ name: "ui", help: "show the live page, and cut links by a key, until Ctrl-C" }),
  noOpen: switchFlag({ name: "no-open", help: "with --ui: do not open a browser" }),
};

/** The demo takes half of it; longer, and something hangs. */
const longestMs = 55_000;

/** Runs the demo. */
async function demoCommand(deps: ProgramDeps): Promise<ExitCode> {
  const { out, err } = deps;
  const parsed = parseFlags(flags, { args: deps.args });
  if (parsed.kind === "help") {
    out(`Shows nodeping on this machine: a mesh of real agents, and a link that fails

Usage: deno task demo [flags]

Flags:
${flagHelp(flags)}
It makes network namespaces named nodeping-demo-*, with --ui a network card npdemo*, too, and
removes them; it changes nothing else,
but installs fping, iproute2 and nftables with apt-get where they are missing.
`);
    return exitCode.done;
  }
  const problems = [...parsed.kind === "invalid" ? parsed.problems : [], ...missing()];
  for (const problem of problems) err(`${problem}\n`);
  if (problems.length > 0 || parsed.kind === "invalid") return exitCode.usage;
  return await demonstrate(deps, parsed.settings);
}

/** What this machine lacks, each with its remedy. */
function missing(): readonly string[] {
  return [
    ...(Deno.build.os === "linux"
      ? []
      : ["The demo needs Linux: its nodes are network namespaces"]),
    ...(Deno.uid() === 0 ? [] : [
      "The demo needs root: its nodes are network namespaces, and their agents send ICMP. " +
      "Start it as root, for instance with sudo",
    ]),
  ];
}

async function demonstrate(
  deps: ProgramDeps,
  { nodes: count, keep: keepTextfiles, ui, noOpen }: DemoSettings,
): Promise<ExitCode> {
  const { out, err, spawn, signal } = deps;
  try {
    await installMissing({ spawn, out, signal });
    const program = await chooseProgram(spawn, signal);
    const directory = await Deno.makeTempDir({ prefix: "nodeping-demo-" });
    out(
      `nodeping demo: a mesh of ${count} agents on this machine${
        ui ? "" : ", in about half a minute"
      }
  nodes      network namespaces ${namespacePrefix}-${Deno.pid}-*, on a switch of their own
  agents     ${program.description}
  textfiles  ${directory}
`,
    );
    const play = { count, keepTextfiles, program, directory };
    if (ui) return await liveAndRemove(deps, play, noOpen ? ["--no-open"] : []);
    const wasFound = await playAndRemove(deps, play);
    return wasFound ? exitCode.done : exitCode.failure;
  } catch (error) {
    err(`\n${explain(error, signal)}\n`);
    return exitCode.failure;
  }
}

/** What {@linkcode playAndRemove} plays. */
interface Play {
  readonly count: number;
  readonly keepTextfiles: boolean;
  readonly program: NodepingProgram;
  readonly directory: string;
}

async function liveAndRemove(
  deps: ProgramDeps,
  play: Play,
  flags: readonly string[],
): Promise<ExitCode> {
  const fping = findProgram("fping") ?? "fping";
  try {
    await using network = await makeNetwork(play.count, deps.signal);
    await playLive({ ...play, network, fping, deps, flags });
    return exitCode.done;
  } finally {
    if (!play.keepTextfiles) await Deno.remove(play.directory, { recursive: true });
    deps.out("\nRemoved the agents and namespaces\n");
  }
}

async function playAndRemove(deps: ProgramDeps, play: Play): Promise<boolean> {
  const { out, env } = deps;
  const fping = findProgram("fping") ?? "fping";
  const screen = makeScreen(out, Deno.stdout.isTerminal(), env("NO_COLOR") !== undefined);
  const signal = AbortSignal.any([deps.signal, AbortSignal.timeout(longestMs)]);
  try {
    await using network = await makeNetwork(play.count, signal);
    return await runScenario({ ...play, network, fping, screen, signal });
  } finally {
    if (!play.keepTextfiles) await Deno.remove(play.directory, { recursive: true });
    out(
      play.keepTextfiles
        ? `\nRemoved the agents and namespaces, kept ${play.directory}\n`
        : "\nRemoved the agents, namespaces and textfiles (--keep leaves the textfiles)\n",
    );
  }
}

function explain(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return `Interrupted: ${errorMessage(signal.reason)}`;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `The demo did not come to its end within ${
      longestMs / 1000
    } s: see the agents' logs above`;
  }
  const cause = error instanceof Error && error.cause !== undefined
    ? `\n  ${errorMessage(error.cause)}`
    : "";
  return errorMessage(error) + cause;
}

if (import.meta.main) await runProgram(demoCommand, ["SIGINT", "SIGTERM", "SIGHUP"]);

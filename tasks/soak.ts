/** `deno task soak`: its flags, and its end in words. @module */

import { exitCode } from "../src/exit_code.ts";
import type { ExitCode } from "../src/exit_code.ts";
import { durationFlag, integerFlag, pathFlag } from "../src/flag_values.ts";
import { flagHelp, parseFlags } from "../src/flags.ts";
import type { FlagTable } from "../src/flags.ts";
import type { ProgramDeps } from "../src/platform/process.ts";
import { helms } from "../tests/chart/helm.ts";
import { faultTool, image } from "../tests/e2e/cluster.ts";
import { loadText } from "./bench/report.ts";
import { pairTable, rateSpread } from "./soak/comparison.ts";
import { bounds } from "./soak/expectation.ts";
import { growthBoundMb, memoryTable } from "./soak/memory.ts";
import type { SoakResult } from "./soak/play.ts";
import { periodSeconds, runSoak } from "./soak/run.ts";
import { runProgram } from "./run_program.ts";

interface SoakSettings {
  readonly durationMs: number;
  readonly seed: number;
  readonly output: string | undefined;
}

const flags: FlagTable<SoakSettings> = {
  durationMs: durationFlag({
    ...{ name: "duration", default: "10m", help: "how long faults are made" },
  }, { minMs: 180_000, maxMs: 7_200_000 }),
  seed: integerFlag(
    {
      ...{ name: "seed", default: "1", help: "another order of the faults, on other nodes" },
    },
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  output: pathFlag({ name: "output", help: "write the result as JSON as well" }),
};

const help =
  `Makes faults on a cluster for minutes, and compares what the agents count with what was done

Usage: deno task soak [flags]

Flags:
${flagHelp(flags)}
Environment:
  KUBECONFIG            the cluster; its nodes are called node-1, node-2 ..., and their clocks agree
  NODEPING_IMAGE        the image, which is on the nodes and comes to those that join
  NODEPING_E2E_CLUSTER  a tool that understands
                          add-node I, remove-node I   node-I joins; dies and leaves
                          isolate I                   node-I loses its network
                          cut A B, loss A B PERCENT   all packets, or some from A to B, are lost
                          heal                        cut, loss and isolate end
                          on-node I COMMAND           runs a command as root on node-I
  NODEPING_E2E_API      HOST:PORT of the API server for pods, where the cluster has no kube-proxy
`;

/** Plays a soak; exits with 1 when anything disagrees. */
async function soakCommand(deps: ProgramDeps): Promise<ExitCode> {
  const { args, out, err } = deps;
  const parsed = parseFlags(flags, { args });
  if (parsed.kind === "help") {
    out(help);
    return exitCode.done;
  }
  const problems = [...parsed.kind === "invalid" ? parsed.problems : [], ...missing(deps)];
  for (const problem of problems) err(`${problem}\n`);
  if (problems.length > 0 || parsed.kind === "invalid") return exitCode.usage;
  const { durationMs, seed, output } = parsed.settings;
  const request = { durationSeconds: durationMs / 1000, seed };
  const result = await runSoak(deps, request);
  out(resultText(result, periodSeconds));
  out(`Load ${loadText()}\n`);
  if (output !== undefined) {
    await Deno.writeTextFile(output, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return problemsOf(result).length === 0 ? exitCode.done : exitCode.failure;
}

function missing({ env }: ProgramDeps): readonly string[] {
  return [
    ...(env("KUBECONFIG") ? [] : ["KUBECONFIG is not set"]),
    ...(image ? [] : ["NODEPING_IMAGE is not set"]),
    ...(faultTool ? [] : ["NODEPING_E2E_CLUSTER is not set"]),
    ...(helms.length > 0 ? [] : ["helm is missing: set HELM3 or HELM4, or put it on the PATH"]),
  ].map((problem) => `${problem}: see --help`);
}

/** Everything that does not agree, one line each; empty after a good soak. */
export function problemsOf({ steps, pairs, memory, restarts }: SoakResult): readonly string[] {
  return [
    ...steps.filter(({ isNamed }) => !isNamed)
      .map(({ beganSeconds, said }) => `At ${beganSeconds.toFixed(0)} s diagnose said: ${said}`),
    ...pairs.filter(({ problems }) => problems.length > 0)
      .map(({ source, destination, problems }) =>
        `${source} > ${destination} does not agree: ${problems.join(", ")}`
      ),
    ...memory.filter(({ isFlat }) => isFlat === false)
      .map(({ node }) => `The memory of ${node}'s agent is not flat`),
    ...restarts.filter(({ restarts, expected }) => restarts !== expected)
      .map(({ node, restarts, expected }) =>
        `${node}'s agent was started again ${restarts} times instead of ${expected}`
      ),
  ];
}

/** The tables of pairs and memory, with the bounds that they were held to. */
export function resultText(result: SoakResult, periodSeconds: number): string {
  const { pairs, memory, restarts, tookSeconds } = result;
  const problems = problemsOf(result);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return `
Counters of every pair that is there in the end, after ${tookSeconds.toFixed(0)} s
${pairTable(pairs)}
  ${pairs.length} pairs, ${sum(pairs.map(({ sent }) => sent))} probes sent, ` +
    `${sum(pairs.map(({ lost }) => lost))} lost; rate ${rateSpread(pairs, periodSeconds)} of ` +
    `${1 / periodSeconds} a second
  sent must be the time watched by the rate, less at most ${bounds.sentShare * 100} %, within ` +
    `${bounds.sentPerStretch} probes a stretch; ${bounds.sentPerListChange} more a change of the list
  lost must be 0 outside the faults, and within ${bounds.lostPerWindow} probes a fault and ` +
    `${bounds.deviations} standard deviations inside

Memory of the agents, in MB; flat is a growth of at most ${growthBoundMb}
${memoryTable(memory)}
  agents started again: ${
      restarts.filter((agent) => agent.restarts > 0)
        .map(({ node, restarts }) => `${node} ${restarts} times`).join(", ") || "none"
    }

${
      problems.length === 0
        ? "Everything agrees with what was done."
        : `${problems.length} disagree:\n${problems.map((line) => `  ${line}\n`).join("")}`
    }
`;
}

if (import.meta.main) await runProgram(soakCommand, ["SIGINT", "SIGTERM", "SIGHUP"]);

/** The command line of the soak. @module */

import { exitCode } from "../../src/command.ts";
import type { ExitCode } from "../../src/command.ts";
import type { ProgramDeps } from "../../src/platform/process.ts";
import { flagHelp, parseDurationMs, parseFlags } from "../../src/flags.ts";
import type { FlagSpec, ParsedFlags } from "../../src/flags.ts";
import { loadText } from "../bench/machine.ts";
import { problemsOf, resultText } from "./report.ts";
import { periodSeconds, runSoak } from "./run.ts";
import type { SoakRequest } from "./run.ts";
import { helms } from "../../tests/chart/helm.ts";
import { faultTool, image } from "../../tests/e2e/cluster.ts";

const flags: readonly FlagSpec[] = [
  { name: "duration", value: "D", help: "how long faults are made, 3m to 2h (10m)" },
  { name: "seed", value: "N", help: "another order of the faults, on other nodes (1)" },
  { name: "output", value: "FILE", help: "write the result as JSON as well" },
];

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
export async function soakCommand(context: ProgramDeps): Promise<ExitCode> {
  const { args, out, err } = context;
  const parsed = parseFlags(flags, args);
  if (parsed.switches.has("help")) {
    out(help);
    return exitCode.done;
  }
  const request = {
    durationSeconds: (parseDurationMs(parsed.values.get("duration") ?? "10m") ?? NaN) / 1000,
    seed: Number(parsed.values.get("seed") ?? 1),
  };
  const problems = [...usageProblems(parsed, request), ...missing(context)];
  for (const problem of problems) err(`${problem}\n`);
  if (problems.length > 0) return exitCode.usage;
  const result = await runSoak(context, request);
  out(resultText(result, periodSeconds));
  out(`Load ${loadText()}\n`);
  const file = parsed.values.get("output");
  if (file !== undefined) {
    await Deno.writeTextFile(file, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return problemsOf(result).length === 0 ? exitCode.done : exitCode.failure;
}

function usageProblems(
  parsed: ParsedFlags,
  { durationSeconds, seed }: SoakRequest,
): readonly string[] {
  return [
    ...parsed.problems,
    ...parsed.positionals.map((argument) => `Unknown argument "${argument}": see --help`),
    ...(durationSeconds >= 180 && durationSeconds <= 7200
      ? []
      : [`--duration is "${parsed.values.get("duration")}": write 3m to 2h`]),
    ...(Number.isSafeInteger(seed) && seed >= 0
      ? []
      : [`--seed is "${parsed.values.get("seed")}": write a whole number`]),
  ];
}

function missing({ env }: ProgramDeps): readonly string[] {
  return [
    ...(env("KUBECONFIG") ? [] : ["KUBECONFIG is not set"]),
    ...(image ? [] : ["NODEPING_IMAGE is not set"]),
    ...(faultTool ? [] : ["NODEPING_E2E_CLUSTER is not set"]),
    ...(helms.length > 0 ? [] : ["helm is missing: set HELM3 or HELM4, or put it on the PATH"]),
  ].map((problem) => `${problem}: see --help`);
}

/** `deno task bench`: what nodeping costs, as ratios to bare fping in the same run. @module */

import { exitCode } from "../src/exit_code.ts";
import type { ExitCode } from "../src/exit_code.ts";
import { integerFlag, listFlag, pathFlag } from "../src/flag_values.ts";
import { flagHelp, parseFlags } from "../src/flags.ts";
import type { Flag, FlagTable, GivenFlags } from "../src/flags.ts";
import type { ProgramDeps } from "../src/platform/process.ts";
import { findProgram } from "../tests/needing.ts";
import { measureContest, measureSeedWay } from "./bench/contest.ts";
import { measureControlPlane } from "./bench/control_plane.ts";
import { measureCost, measureWriting } from "./bench/cost.ts";
import type { BenchDeps } from "./bench/deps.ts";
import { measureDiagnosis } from "./bench/diagnosis.ts";
import { findHierarchy } from "./bench/process_group.ts";
import { compiled } from "./bench/programs.ts";
import { measureMesh } from "./bench/mesh.ts";
import { measurePage } from "./bench/page.ts";
import { measureRelease } from "./bench/release.ts";
import { describeMachine, loadText } from "./bench/report.ts";
import { measureScale } from "./bench/scale.ts";
import { measureSockets } from "./bench/sockets.ts";
import { runProgram } from "./run_program.ts";

type BenchSettings = Pick<
  BenchDeps,
  "sizes" | "beside" | "warmUpSeconds" | "intervals" | "nodes" | "heartbeats"
>;

const count = (name: string, fallback: string, help: string): Flag<number> =>
  integerFlag({ name, default: fallback, help }, 0, 1_000_000);
const number = integerFlag({ name: "", help: "" }, 1, 1_000_000);

const flags: FlagTable<BenchSettings> = {
  sizes: listFlag({
    name: "sizes",
    help: "numbers of destinations (cost: 100,200,1000; scale: 1000,2500,10000)",
  }, number),
  beside: pathFlag({
    name: "beside",
    help: "dist/ of another build, measured beside this one (cost)",
  }),
  warmUpSeconds: count("warm-up", "65", "seconds before cost is measured"),
  intervals: count("intervals", "4", "how many times 10 s are measured"),
  nodes: count("nodes", "5000", "Node objects for control-plane"),
  heartbeats: listFlag({
    ...{ name: "heartbeats", default: "17,500", help: "their status updates a second" },
  }, number),
};

/** Runs the parts that are named, or all. */
async function benchCommand(deps: ProgramDeps): Promise<ExitCode> {
  const { args, out, err, env } = deps;
  const parsed = parseFlags(flags, { args, operands: { name: "part", max: Infinity }, check });
  if (parsed.kind === "help") {
    out(help());
    return exitCode.done;
  }
  const isAlone = parsed.kind === "valid" && parsed.operands.length > 0 &&
    parsed.operands.every((name) => parts[name]?.needsNothing);
  const problems = [
    ...parsed.kind === "invalid" ? parsed.problems : [],
    ...isAlone ? [] : missing(),
  ];
  for (const problem of problems) err(`${problem}\n`);
  if (problems.length > 0 || parsed.kind === "invalid") return exitCode.usage;
  const fping = findProgram("fping") ?? "fping";
  const newerFping = env("NODEPING_FPING_55");
  const directory = await Deno.makeTempDir({ prefix: "nodeping-bench-" });
  try {
    const fpings = isAlone ? [] : [fping, ...(newerFping === undefined ? [] : [newerFping])];
    out(await describeMachine(fpings));
    const named = parsed.operands.length === 0
      ? Object.keys(parts).filter((name) => !parts[name]?.onlyNamed)
      : parsed.operands;
    for (const name of named) {
      await parts[name]?.run({ out, fping, newerFping, directory, ...parsed.settings });
    }
    out(`\n  load      ${loadText()} at the end\n`);
    return exitCode.done;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function help(): string {
  const rows = Object.entries(parts).map(([name, { summary }]) =>
    `  ${name.padEnd(14)} ${summary}\n`
  );
  return `Measures what nodeping costs, as ratios to bare fping in the same run

Usage: deno task bench [PART...] [flags]

Parts; those that are not only "when named" take about five minutes:
${rows.join("")}
Flags:
${flagHelp(flags)}
Every contender runs in a network namespace of its own, whose kernel answers for all of its
targets, and in a control group of its own. The agent needs 60 s until its cost is steady. NODEPING_FPING_55 names
an fping of 5.2 or newer for the part "sockets".
`;
}

function check(
  _settings: Partial<BenchSettings>,
  _given: GivenFlags,
  named: readonly string[],
): readonly string[] {
  const names = Object.keys(parts).join(", ");
  return named.filter((name) => !Object.hasOwn(parts, name))
    .map((name) => `There is no part "${name}": write one of ${names}`);
}

/** What this machine lacks, each with its remedy. */
function missing(): readonly string[] {
  if (Deno.build.os !== "linux") return ["The benchmark needs Linux, for its network namespaces"];
  const programs = Object.entries({
    fping: "fping",
    ip: "iproute2",
    nft: "nftables",
    setpriv: "util-linux",
    python3: "python3",
  });
  return [
    ...(Deno.uid() === 0
      ? []
      : ["The benchmark needs root, for network namespaces and raw sockets"]),
    ...programs.filter(([program]) => findProgram(program) === undefined)
      .map(([program, name]) => `"${program}" is missing: apt-get install ${name}`),
    ...(findHierarchy() === undefined
      ? ["There is no control group hierarchy of version 2: mount -t cgroup2 none /sys/fs/cgroup"]
      : []),
    ...Object.values(compiled).filter((path) => !isFile(path))
      .map((path) => `"${path}" is missing: deno task build`),
  ];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A part that can be run alone. */
export interface BenchPart {
  readonly summary: string;
  /** True where it runs only when it is named. */
  readonly onlyNamed?: boolean;
  /** True where it needs neither programs nor rights: it runs anywhere when it is named alone. */
  readonly needsNothing?: boolean;
  readonly run: (deps: BenchDeps) => Promise<void>;
}

/** All parts, in the order of a whole run. */
export const parts: Readonly<Record<string, BenchPart>> = {
  cost: { summary: "processor time and memory of the agent beside bare fping", run: measureCost },
  writing: { summary: "time and size of the textfile", run: measureWriting },
  sockets: { summary: "ping sockets beside raw ones: cost and truth", run: measureSockets },
  contest: {
    summary: "bare fping, nodeping and smokeping-prober side by side",
    run: measureContest,
  },
  diagnosis: {
    summary: "how long a verdict takes on 40 x 40 and 1,000 x 1,000 pairs",
    needsNothing: true,
    run: measureDiagnosis,
  },
  mesh: {
    summary: "one reading of 1,000 agents of 64 peers: bytes, seconds, memory",
    needsNothing: true,
    run: measureMesh,
  },
  ui: {
    summary: "the live page in Chromium: paint, data, script a refresh (2 minutes; when named)",
    onlyNamed: true,
    run: measurePage,
  },
  seed: { summary: "what the seed's way reaches: fping -C 30 in batches", run: measureSeedWay },
  scale: {
    summary: "an agent of up to 10,000 destinations, each size alone (7 minutes; when named)",
    onlyNamed: true,
    run: measureScale,
  },
  "control-plane": {
    summary: "sync beside the heartbeats of thousands of nodes (4 minutes; when named)",
    onlyNamed: true,
    run: measureControlPlane,
  },
  release: {
    summary: "what Helm stores for 1,000 to 10,000 nodes (3 minutes; when named)",
    onlyNamed: true,
    run: measureRelease,
  },
};

if (import.meta.main) await runProgram(benchCommand, []);

/** `nodeping diagnose`. @module */

import type { CommandContext } from "../command.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { flagHelp, type FlagSpec, parseFlags } from "../flags.ts";
import type { Mesh } from "../measurements/mesh.ts";
import type { MeshReading } from "../measurements/build_mesh.ts";
import {
  type MeshOrigin,
  meshOrigin,
  originFlags,
  originHelp,
  readMesh,
} from "../measurements/read_mesh.ts";
import { statusLine } from "../shell/terminal.ts";
import { diagnose } from "./diagnose.ts";
import { reportText } from "./report_text.ts";

const flags: readonly FlagSpec[] = [
  ...originFlags,
  { name: "output", value: "FORMAT", help: "text (default) or json" },
  {
    name: "exit-code",
    help: `exit with ${exitCode.found} when a fault was found, ` +
      `with ${exitCode.failure} when a node does not measure`,
  },
];

const help = `Says which node, link or zone pair is to blame for lost probes

Usage: helm nodeping diagnose [RELEASE] [flags]
       nodeping diagnose (--textfiles DIR | --prometheus URL) [flags]

${originHelp}
Flags:
${flagHelp(flags)}`;

/** Reads the mesh once and prints the verdicts. */
export async function diagnoseCommand(context: CommandContext): Promise<ExitCode> {
  const parsed = parseFlags(flags, context.args);
  if (parsed.switches.has("help")) {
    context.out(help);
    return exitCode.done;
  }
  const output = parsed.values.get("output") ?? "text";
  const origin = meshOrigin(parsed, context.env);
  const problems = [
    ...parsed.problems,
    ...(["text", "json"].includes(output) ? [] : [`--output is "${output}": write text or json`]),
    ...(origin.kind === "invalid" ? origin.problems : []),
  ];
  if (problems.length > 0 || origin.kind === "invalid") {
    for (const problem of problems) context.err(`${problem}\n`);
    return exitCode.usage;
  }
  try {
    const { mesh, problems } = await read(origin, context);
    for (const problem of problems) context.err(`${problem}\n`);
    const diagnosis = diagnose(mesh);
    context.out(
      output === "json"
        ? `${JSON.stringify(diagnosis.report, undefined, 2)}\n`
        : reportText(diagnosis, mesh),
    );
    if (!parsed.switches.has("exit-code")) return exitCode.done;
    if (diagnosis.report.verdicts.length > 0) return exitCode.found;
    return isMeasured(mesh) ? exitCode.done : exitCode.failure;
  } catch (error) {
    context.err(`${error instanceof Error ? error.message : error}\n`);
    return exitCode.failure;
  }
}

async function read(
  origin: MeshOrigin,
  { env, err, signal }: CommandContext,
): Promise<MeshReading> {
  using line = statusLine(err);
  return await readMesh(origin, { env, status: line.show }, signal);
}

/** Whether "no fault" is the answer of every node; one node alone has nobody to measure. */
function isMeasured({ nodes, pairs, sources }: Mesh): boolean {
  return sources.every((source) => !source.silent) && (pairs.length > 0 || nodes.length === 1);
}

export { flags as diagnoseFlags };

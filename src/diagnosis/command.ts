/** `nodeping diagnose`. @module */

import type { CommandContext } from "../command.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { flagHelp, type FlagSpec, parseFlags } from "../flags.ts";
import { meshOrigin, originFlags, readMesh } from "../measurements/read_mesh.ts";
import { diagnose } from "./diagnose.ts";
import { reportText } from "./report_text.ts";

const flags: readonly FlagSpec[] = [
  ...originFlags,
  { name: "output", value: "FORMAT", help: "text (default) or json" },
  { name: "exit-code", help: `exit with ${exitCode.found} when a fault was found` },
];

const help = `Says which node, link or zone pair is to blame for lost probes

Usage: nodeping diagnose (--textfiles DIR | --prometheus URL) [flags]

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
    ...(parsed.positionals.length > 0
      ? [`Unknown argument "${parsed.positionals[0]}": see --help`]
      : []),
    ...(["text", "json"].includes(output) ? [] : [`--output is "${output}": write text or json`]),
    ...(origin.kind === "invalid" ? origin.problems : []),
  ];
  if (problems.length > 0 || origin.kind === "invalid") {
    for (const problem of problems) context.err(`${problem}\n`);
    return exitCode.usage;
  }
  try {
    const { mesh, problems } = await readMesh(origin, context.signal);
    for (const problem of problems) context.err(`${problem}\n`);
    const diagnosis = diagnose(mesh);
    context.out(
      output === "json"
        ? `${JSON.stringify(diagnosis.report, undefined, 2)}\n`
        : reportText(diagnosis, mesh),
    );
    const found = diagnosis.report.verdicts.length > 0 && parsed.switches.has("exit-code");
    return found ? exitCode.found : exitCode.done;
  } catch (error) {
    context.err(`${error instanceof Error ? error.message : error}\n`);
    return exitCode.failure;
  }
}

export { flags as diagnoseFlags };

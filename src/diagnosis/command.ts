/** `nodeping diagnose`. @module */

import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { diagnose } from "./diagnose.ts";
import { reportText } from "./report.ts";
import { choiceFlag, switchFlag } from "../flag_values.ts";
import type { FlagTable } from "../flags.ts";
import { originFlags, runMeshCommand, showProblems } from "../mesh/command.ts";
import type { OriginSettings } from "../mesh/command.ts";
import type { Mesh, MeshReading } from "../mesh/mesh.ts";

/** Settings of the command. */
export interface DiagnoseSettings extends OriginSettings {
  /** Form of the answer. */
  readonly output: "text" | "json";
  /** Whether the exit code says what was found. */
  readonly exitCode: boolean;
}

/** Every flag of the command. */
export const diagnoseFlags: FlagTable<DiagnoseSettings> = {
  ...originFlags,
  output: choiceFlag({
    name: "output",
    default: "text",
    help: "form of the answer",
  }, ["text", "json"]),
  exitCode: switchFlag({
    name: "exit-code",
    help: `exit with ${exitCode.found} when a fault was found, ` +
      `with ${exitCode.failure} when a node does not measure`,
  }),
};

/** Reads the mesh once and prints the verdicts. */
export function diagnoseCommand(deps: ProgramDeps): Promise<ExitCode> {
  return runMeshCommand({
    name: "diagnose",
    title: "Says which node, link or zone pair is to blame for lost probes",
    flags: diagnoseFlags,
    run: printVerdicts,
  }, deps);
}

async function printVerdicts(
  settings: DiagnoseSettings,
  read: () => Promise<MeshReading>,
  deps: ProgramDeps,
): Promise<ExitCode> {
  const { mesh, problems } = await read();
  showProblems(problems, deps);
  const diagnosis = diagnose(mesh);
  deps.out(
    settings.output === "json"
      ? `${JSON.stringify(diagnosis.report, undefined, 2)}\n`
      : reportText(diagnosis, mesh),
  );
  if (!settings.exitCode) return exitCode.done;
  if (diagnosis.report.verdicts.length > 0) return exitCode.found;
  return isMeasured(mesh) ? exitCode.done : exitCode.failure;
}

/** Whether "no fault" is the answer of every node; one node alone has nobody to measure. */
function isMeasured({ nodes, pairs, sources }: Mesh): boolean {
  return sources.every((source) => !source.silent) && (pairs.length > 0 || nodes.length === 1);
}

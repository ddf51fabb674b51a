/** `nodeping diagnose`. @module */

import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { diagnose } from "./diagnose.ts";
import { reportText } from "./report.ts";
import type { FlagSpec, ParsedFlags } from "../flags.ts";
import { meshCommandFlags, runMeshCommand, showProblems } from "../mesh/command.ts";
import type { ReadSettings } from "../mesh/command.ts";
import type { Mesh, MeshReading } from "../mesh/mesh.ts";

const ownFlags: readonly FlagSpec[] = [
  { name: "output", value: "FORMAT", help: "text (default) or json" },
  {
    name: "exit-code",
    help: `exit with ${exitCode.found} when a fault was found, ` +
      `with ${exitCode.failure} when a node does not measure`,
  },
];

/** Every flag of the command. */
export const diagnoseFlags: readonly FlagSpec[] = meshCommandFlags(ownFlags);

interface DiagnoseSettings {
  readonly output: string;
  /** Whether the exit code says what was found. */
  readonly isExitCodeAsked: boolean;
}

/** Reads the mesh once and prints the verdicts. */
export function diagnoseCommand(deps: ProgramDeps): Promise<ExitCode> {
  return runMeshCommand({
    name: "diagnose",
    title: "Says which node, link or zone pair is to blame for lost probes",
    flags: ownFlags,
    readSettings,
    run: printVerdicts,
  }, deps);
}

function readSettings({ values, switches }: ParsedFlags): ReadSettings<DiagnoseSettings> {
  const output = values.get("output") ?? "text";
  const isKnown = output === "text" || output === "json";
  return {
    settings: { output, isExitCodeAsked: switches.has("exit-code") },
    problems: isKnown ? [] : [`--output is "${output}": write text or json`],
  };
}

async function printVerdicts(
  { output, isExitCodeAsked }: DiagnoseSettings,
  read: () => Promise<MeshReading>,
  deps: ProgramDeps,
): Promise<ExitCode> {
  const { mesh, problems } = await read();
  showProblems(problems, deps);
  const diagnosis = diagnose(mesh);
  deps.out(
    output === "json"
      ? `${JSON.stringify(diagnosis.report, undefined, 2)}\n`
      : reportText(diagnosis, mesh),
  );
  if (!isExitCodeAsked) return exitCode.done;
  if (diagnosis.report.verdicts.length > 0) return exitCode.found;
  return isMeasured(mesh) ? exitCode.done : exitCode.failure;
}

/** Whether "no fault" is the answer of every node; one node alone has nobody to measure. */
function isMeasured({ nodes, pairs, sources }: Mesh): boolean {
  return sources.every((source) => !source.silent) && (pairs.length > 0 || nodes.length === 1);
}

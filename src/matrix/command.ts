/** `nodeping matrix`. @module */

import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { choiceFlag, durationFlag, switchFlag } from "../flag_values.ts";
import type { FlagTable, GivenFlags } from "../flags.ts";
import { filePage, pageData } from "./html.ts";
import { matrixCsv, matrixJson, matrixOf } from "./matrix.ts";
import { matrixText, redraw } from "./text.ts";
import type { Shown } from "./text.ts";
import { originFlags, runMeshCommand, showProblems } from "../mesh/command.ts";
import type { OriginSettings } from "../mesh/command.ts";
import type { MeshReading } from "../mesh/mesh.ts";
import { systemClock } from "../platform/clock.ts";
import { printable, standardTerminal } from "../platform/terminal.ts";

/** Settings of the command. */
export interface MatrixSettings extends OriginSettings {
  /** Form of the answer. */
  readonly output: "text" | "json" | "csv" | "html";
  /** What the cells of the text show. */
  readonly show: Shown;
  /** Reads and draws until it is ended. */
  readonly watch: boolean;
  /** Pause between two readings of --watch. */
  readonly intervalMs: number;
}

/** Every flag of the command. */
export const matrixFlags: FlagTable<MatrixSettings> = {
  ...originFlags,
  output: choiceFlag({
    name: "output",
    default: "text",
    help: "form of the answer; html is one page",
  }, ["text", "json", "csv", "html"]),
  show: choiceFlag({
    name: "show",
    default: "loss",
    help: "what the cells of the text show",
  }, ["loss", "rtt", "mtu"]),
  watch: switchFlag({
    name: "watch",
    help: "read and draw again and again, in place on a terminal",
  }),
  intervalMs: durationFlag({
    name: "interval",
    default: "5s",
    help: "with --watch: pause before the next reading",
  }, { minMs: 100 }),
};

/** Reads the mesh and draws it, once or until it is ended. */
export function matrixCommand(deps: ProgramDeps): Promise<ExitCode> {
  return runMeshCommand({
    name: "matrix",
    title: "Shows the loss between all nodes: rows probe columns",
    flags: matrixFlags,
    footer: "\nNO_COLOR switches colours off; so does an output that is no terminal.\n",
    check: watchProblems,
    run: showMatrix,
  }, deps);
}

function watchProblems(
  { watch, output }: Partial<MatrixSettings>,
  given: GivenFlags,
): readonly string[] {
  return [
    ...(watch && output !== undefined && output !== "text"
      ? ["--watch draws text: leave --output out"]
      : []),
    ...(!watch && given.has("interval") ? ["--interval needs --watch"] : []),
  ];
}

async function showMatrix(
  settings: MatrixSettings,
  read: () => Promise<MeshReading>,
  deps: ProgramDeps,
): Promise<ExitCode> {
  if (!settings.watch) {
    const { mesh, problems } = await read();
    showProblems(problems, deps);
    const { isTerminal, draw } = standardTerminal(deps.env);
    const write = isTerminal && settings.output === "text" ? draw : deps.out;
    write(render({ mesh, problems }, settings, deps));
  } else {
    await redraw({
      render: async () => {
        const reading = await read();
        return render(reading, settings, deps) +
          reading.problems.map((one) => `${printable(one)}\n`).join("");
      },
      rows: () => {
        const { isTerminal, rows } = standardTerminal(deps.env);
        return isTerminal ? rows : undefined;
      },
      ...{ out: deps.out, err: deps.err, draw: standardTerminal(deps.env).draw },
      ...{ pauseMs: settings.intervalMs, clock: systemClock },
    }, deps.signal);
  }
  return exitCode.done;
}

function render(
  { mesh, problems }: MeshReading,
  { output, show }: MatrixSettings,
  { env }: ProgramDeps,
): string {
  const matrix = matrixOf(mesh);
  switch (output) {
    case "json":
      return matrixJson(matrix);
    case "csv":
      return matrixCsv(matrix);
    case "html":
      return filePage(
        pageData(mesh, diagnose(mesh), { at: systemClock.wallMs(), title: "Mesh", problems }),
      );
    case "text": {
      const { columns, isTerminal } = standardTerminal(env);
      const colour = isTerminal && !env("NO_COLOR");
      return matrixText(matrix, { width: columns, colour, show });
    }
  }
}

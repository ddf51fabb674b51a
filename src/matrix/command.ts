/** `nodeping matrix`. @module */

import { exitCode } from "../command.ts";
import type { ExitCode } from "../command.ts";
import type { ProgramDeps } from "../platform/process.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { parseDurationMs } from "../flags.ts";
import type { FlagSpec, ParsedFlags } from "../flags.ts";
import { matrixHtml } from "./html.ts";
import { matrixCsv, matrixJson, matrixOf } from "./matrix.ts";
import { matrixText, redraw } from "./text.ts";
import { meshCommandFlags, runMeshCommand, showProblems } from "../mesh/command.ts";
import type { ReadSettings } from "../mesh/command.ts";
import type { Mesh, MeshReading } from "../mesh/mesh.ts";
import { systemClock } from "../platform/clock.ts";
import { printable, standardTerminal } from "../platform/terminal.ts";

const outputs = ["text", "json", "csv", "html"] as const;
const shows = ["loss", "rtt"] as const;

const ownFlags: readonly FlagSpec[] = [
  { name: "output", value: "FORMAT", help: "text (default), json, csv, or html: one page" },
  { name: "show", value: "WHAT", help: "of the text: loss (default) or rtt" },
  { name: "watch", help: "read and draw again and again, in place on a terminal" },
  {
    name: "interval",
    value: "D",
    help: "with --watch: pause before the next reading (default 5s)",
  },
];

/** Every flag of the command. */
export const matrixFlags: readonly FlagSpec[] = meshCommandFlags(ownFlags);

interface MatrixSettings {
  readonly output: typeof outputs[number];
  readonly show: typeof shows[number];
  readonly intervalMs: number | undefined;
}

/** Reads the mesh and draws it, once or until it is ended. */
export function matrixCommand(context: ProgramDeps): Promise<ExitCode> {
  return runMeshCommand({
    name: "matrix",
    title: "Shows the loss between all nodes: rows probe columns",
    flags: ownFlags,
    footer: "\nNO_COLOR switches colours off; so does an output that is no terminal.\n",
    readSettings,
    run: draw,
  }, context);
}

function readSettings(parsed: ParsedFlags): ReadSettings<MatrixSettings> {
  const problems: string[] = [];
  const choose = <T extends string>(flag: string, among: readonly [T, ...T[]]): T => {
    const value = parsed.values.get(flag) ?? among[0];
    const chosen = among.find((one) => one === value);
    if (chosen === undefined) problems.push(`--${flag} is "${value}": write ${among.join(", ")}`);
    return chosen ?? among[0];
  };
  const output = choose("output", outputs);
  const show = choose("show", shows);
  const interval = parsed.values.get("interval") ?? "5s";
  const intervalMs = parseDurationMs(interval);
  if (intervalMs === undefined || intervalMs < 100) {
    problems.push(`--interval is "${interval}": write a duration of at least 100ms, such as 5s`);
  }
  const watches = parsed.switches.has("watch");
  if (watches && output !== "text") problems.push("--watch draws text: leave --output out");
  if (!watches && parsed.values.has("interval")) problems.push("--interval needs --watch");
  return {
    settings: { output, show, intervalMs: watches ? intervalMs : undefined },
    problems,
  };
}

async function draw(
  settings: MatrixSettings,
  read: () => Promise<MeshReading>,
  context: ProgramDeps,
): Promise<ExitCode> {
  if (settings.intervalMs === undefined) {
    const { mesh, problems } = await read();
    showProblems(problems, context);
    context.out(render(mesh, settings, context));
  } else {
    await redraw({
      draw: async () => {
        const { mesh, problems } = await read();
        return render(mesh, settings, context) +
          problems.map((one) => `${printable(one)}\n`).join("");
      },
      rows: () => {
        const { isTerminal, rows } = standardTerminal(context.env);
        return isTerminal ? rows : undefined;
      },
      ...{ out: context.out, err: context.err },
      ...{ pauseMs: settings.intervalMs, clock: systemClock },
    }, context.signal);
  }
  return exitCode.done;
}

function render(mesh: Mesh, { output, show }: MatrixSettings, { env }: ProgramDeps): string {
  const matrix = matrixOf(mesh);
  switch (output) {
    case "json":
      return matrixJson(matrix);
    case "csv":
      return matrixCsv(matrix);
    case "html":
      return matrixHtml(matrix, diagnose(mesh), new Date(systemClock.wallMs()));
    case "text": {
      const { columns, isTerminal } = standardTerminal(env);
      const colour = isTerminal && !env("NO_COLOR");
      return matrixText(matrix, { width: columns, colour, show });
    }
  }
}

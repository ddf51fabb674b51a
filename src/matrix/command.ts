/** `nodeping matrix`. @module */

import type { CommandContext } from "../command.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import { parseDurationMs } from "../duration.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { flagHelp, type FlagSpec, type ParsedFlags, parseFlags } from "../flags.ts";
import type { MeshReading } from "../measurements/build_mesh.ts";
import type { Mesh } from "../measurements/mesh.ts";
import {
  type MeshOrigin,
  meshOrigin,
  originFlags,
  originHelp,
  readMesh,
} from "../measurements/read_mesh.ts";
import { systemClock } from "../shell/clock.ts";
import { standardTerminal, statusLine } from "../shell/terminal.ts";
import { matrixCsv, matrixJson } from "./data.ts";
import { matrixHtml } from "./html.ts";
import { matrixOf } from "./matrix.ts";
import { matrixText } from "./text.ts";

const outputs = ["text", "json", "csv", "html"] as const;
const shows = ["loss", "rtt"] as const;

const flags: readonly FlagSpec[] = [
  ...originFlags,
  { name: "output", value: "FORMAT", help: "text (default), json, csv, or html: one page" },
  { name: "show", value: "WHAT", help: "of the text: loss (default) or rtt" },
  { name: "watch", help: "draw the text again and again, in place" },
  { name: "interval", value: "D", help: "with --watch: time between two drawings (default 5s)" },
];

const help = `Shows the loss between all nodes: rows probe columns

Usage: helm nodeping matrix [RELEASE] [flags]
       nodeping matrix (--textfiles DIR | --prometheus URL) [flags]

${originHelp}
Flags:
${flagHelp(flags)}
NO_COLOR switches colours off; so does an output that is no terminal.
`;

interface MatrixSettings {
  readonly output: typeof outputs[number];
  readonly show: typeof shows[number];
  readonly intervalMs: number | undefined;
}

/** Reads the mesh and draws it, once or until it is ended. */
export async function matrixCommand(context: CommandContext): Promise<ExitCode> {
  const parsed = parseFlags(flags, context.args);
  if (parsed.switches.has("help")) {
    context.out(help);
    return exitCode.done;
  }
  const origin = meshOrigin(parsed, context.env);
  const { settings, problems } = readSettings(parsed);
  if (origin.kind === "invalid" || problems.length > 0) {
    const all = [...problems, ...(origin.kind === "invalid" ? origin.problems : [])];
    for (const problem of all) context.err(`${problem}\n`);
    return exitCode.usage;
  }
  try {
    if (settings.intervalMs === undefined) await drawOnce(origin, settings, context);
    else await watch(origin, settings, settings.intervalMs, context);
    return exitCode.done;
  } catch (error) {
    context.err(`${error instanceof Error ? error.message : error}\n`);
    return exitCode.failure;
  }
}

function readSettings(
  parsed: ParsedFlags,
): { readonly settings: MatrixSettings; readonly problems: readonly string[] } {
  const problems = [...parsed.problems];
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
  return {
    settings: { output, show, intervalMs: watches ? intervalMs : undefined },
    problems,
  };
}

async function drawOnce(
  origin: MeshOrigin,
  settings: MatrixSettings,
  context: CommandContext,
): Promise<void> {
  const { mesh, problems } = await readWithStatus(origin, context);
  for (const problem of problems) context.err(`${problem}\n`);
  context.out(render(mesh, settings, context));
}

async function readWithStatus(
  origin: MeshOrigin,
  { env, err, signal }: CommandContext,
): Promise<MeshReading> {
  using line = statusLine(err);
  return await readMesh(origin, { env, status: line.show }, signal);
}

function render(mesh: Mesh, { output, show }: MatrixSettings, { env }: CommandContext): string {
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

/** In place: home, draw, clear the rest; a reading that fails leaves the last drawing and says why. */
async function watch(
  origin: MeshOrigin,
  settings: MatrixSettings,
  intervalMs: number,
  context: CommandContext,
): Promise<void> {
  context.out("\x1b[2J");
  while (!context.signal.aborted) {
    try {
      const { mesh, problems } = await readWithStatus(origin, context);
      const text = render(mesh, settings, context) + problems.map((one) => `${one}\n`).join("");
      const lines = text.replaceAll("\n", "\x1b[K\n");
      context.out(`\x1b[H${lines}\x1b[J`);
    } catch (error) {
      if (context.signal.aborted) return;
      context.out(`${error instanceof Error ? error.message : error}\x1b[K\n`);
    }
    await systemClock.sleep(intervalMs, context.signal).catch(() => undefined);
  }
}

export { flags as matrixFlags };

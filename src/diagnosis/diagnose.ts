/** `nodeping diagnose`, from a mesh of measurements to verdicts. The method is derived in docs/diagnosis.md. @module */

import { jsonText } from "../platform/terminal.ts";
import { evenLossEvidence, evidenceOf, lossOfCause, onlyWay, partedPairs } from "./evidence.ts";
import { evenLossFault, maxQuietLevel } from "./background.ts";
import type { Backgrounds } from "./background.ts";
import { SharedLoss, smallestFault, unexplained } from "./likelihood.ts";
import { maxCauses } from "./model.ts";
import type { Cause, Explanation } from "./model.ts";
import { linkPenalty, observe } from "./observations.ts";
import type { Observations } from "./observations.ts";
import { mtuVerdicts } from "./path_mtu.ts";
import { adviceOf, namesOf, reportText, unmeasuredPairs } from "./report.ts";
import type { Diagnosis, OpenVerdict, Verdict } from "./report.ts";
import { findCauses } from "./search.ts";
import { exitCode } from "../exit_code.ts";
import type { ExitCode } from "../exit_code.ts";
import { choiceFlag, switchFlag } from "../flag_values.ts";
import type { FlagTable } from "../flags.ts";
import { originFlags, runMeshCommand, showProblems } from "../mesh/command.ts";
import type { OriginSettings } from "../mesh/command.ts";
import type { Mesh, MeshReading } from "../mesh/mesh.ts";
import type { ProgramDeps } from "../platform/process.ts";

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
      `with ${exitCode.failure} when a node does not measure; without it neither is a failure`,
  }),
};

/** Reads the mesh once and prints the verdicts. */
export function diagnoseCommand(deps: ProgramDeps): Promise<ExitCode> {
  return runMeshCommand({
    name: "diagnose",
    title:
      "Says which node, link or path is to blame for lost probes, and where full-size packets vanish",
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
    settings.output === "json" ? `${jsonText(diagnosis.report, 2)}\n` : reportText(diagnosis, mesh),
  );
  if (!settings.exitCode) return exitCode.done;
  if (diagnosis.report.verdicts.length > 0) return exitCode.found;
  return isMeasured(mesh) ? exitCode.done : exitCode.failure;
}

/**
 * Whether "no fault" is the answer of every node; one node alone has nobody to measure, one that
 * the cluster no longer has need not.
 */
function isMeasured({ nodes, pairs, sources, stale = [] }: Mesh): boolean {
  return sources.every(({ silent, name }) => !silent || stale.includes(name)) &&
    (pairs.length > 0 || nodes.length === 1);
}

/** Within an even loss, pairs may differ by about this part of it: nobody is blamed for less. */
const noticeable = 0.3;

/** Finds the fewest causes that explain the mesh; nodes that the cluster does not have are left out. */
export function diagnose(mesh: Mesh): Diagnosis {
  const stale = [...mesh.stale ?? []].sort();
  const judged = withoutNodes(mesh, new Set(stale));
  const seen = observe(judged);
  const explanation = findCauses(seen);
  const { evenLoss, verdict } = evenLossOf(explanation);
  const smallest = Math.max(smallestFault, noticeable * (explanation.backgrounds.evenLoss ?? 0));
  const found = explanation.causes.flatMap((cause) => verdictOf(explanation, cause) ?? [])
    .filter(({ loss }) => loss >= smallest);
  const verdicts = [
    ...found,
    ...(verdict === undefined ? [] : [verdict]),
    ...mtuVerdicts(judged),
  ]
    .map((verdict): Verdict => ({ ...verdict, next: adviceOf(verdict) }))
    .sort((one, other) =>
      other.loss - one.loss || namesOf(one).join().localeCompare(namesOf(other).join())
    );
  return {
    report: {
      verdicts: verdicts.slice(0, maxCauses),
      stale,
      notMeasured: unmeasuredPairs(judged),
      sources: measuringSources(seen),
      pairs: seen.source.length,
    },
    mayBeMore: Math.max(explanation.causes.length, verdicts.length) >= maxCauses,
    smallestLoss: smallestLoss(seen, explanation.backgrounds),
    ...(evenLoss === undefined ? {} : { evenLoss }),
  };
}

function withoutNodes(mesh: Mesh, gone: ReadonlySet<string>): Mesh {
  if (gone.size === 0) return mesh;
  return {
    ...mesh,
    nodes: mesh.nodes.filter(({ name }) => !gone.has(name)),
    sources: mesh.sources.filter(({ name }) => !gone.has(name)),
    pairs: mesh.pairs.filter(({ source, destination }) =>
      !gone.has(source) && !gone.has(destination)
    ),
  };
}

/** Undefined for a loss of the whole mesh, which {@linkcode evenLossOf} judges. */
function verdictOf(explanation: Explanation, cause: Cause): OpenVerdict | undefined {
  const { nodes, zones } = explanation.seen;
  const { subject } = cause.hypothesis;
  const base = {
    loss: rounded(lossOfCause(explanation, cause)),
    evidence: evidenceOf(explanation, cause),
  };
  switch (subject.kind) {
    case "zone-pair":
      return { kind: "zone-pair", zones: sorted(zones, [subject.a, subject.b]), ...base };
    case "link": {
      const [source = "", destination = ""] = [nodes[subject.a], nodes[subject.b]];
      return {
        kind: "link",
        nodes: [source, destination].sort(),
        ...(subject.oneWay ? { oneWay: { source, destination } } : {}),
        ...base,
      };
    }
    case "path": {
      const { lossy } = partedPairs(explanation, cause);
      const way = onlyWay(explanation, cause, lossy);
      const groups = (way ?? subject.groups).map((group) => sorted(nodes, group));
      if (way === undefined) groups.sort(([one = ""], [other = ""]) => one < other ? -1 : 1);
      const oneWay = way === undefined ? {} : { oneWay: true } as const;
      const pairs = cause.hypothesis.pairs.length;
      return { kind: "path", groups, ...oneWay, pairs, lossyPairs: lossy.length, ...base };
    }
    case "mesh":
      return undefined;
    default:
      return { kind: subject.kind, nodes: sorted(nodes, [subject.node]), ...base };
  }
}

/** What all pairs lose alike, be it the background or a cause; from a level on it is a verdict. */
function evenLossOf(
  explanation: Explanation,
): { readonly evenLoss: number | undefined; readonly verdict: OpenVerdict | undefined } {
  const cause = explanation.causes.find(({ hypothesis }) => hypothesis.subject.kind === "mesh");
  const evenLoss = cause ? lossOfCause(explanation, cause) : explanation.backgrounds.evenLoss;
  if (evenLoss === undefined || evenLoss < evenLossFault) return { evenLoss, verdict: undefined };
  const verdict: OpenVerdict = {
    kind: "node",
    nodes: [...explanation.seen.nodes].sort(),
    loss: rounded(evenLoss),
    evidence: cause ? evidenceOf(explanation, cause) : evenLossEvidence(explanation),
  };
  return { evenLoss, verdict };
}

function rounded(loss: number): number {
  return Math.round(1e4 * loss) / 1e4;
}

function sorted(names: readonly string[], indexes: readonly number[]): string[] {
  return indexes.map((index) => names[index] ?? "").sort();
}

function measuringSources(seen: Observations): number {
  return seen.nodes.filter((_, node) => (seen.rowStart[node] ?? 0) < (seen.rowStart[node + 1] ?? 0))
    .length;
}

/** By bisection, for a link whose pairs sent what the pairs of the mesh sent in the median. */
function smallestLoss(seen: Observations, backgrounds: Backgrounds): number | undefined {
  const background = backgrounds.ofClass[0];
  const sent = seen.sent.slice().sort()[seen.sent.length >> 1];
  if (sent === undefined) return undefined;
  const all = seen.sent.reduce((sum, probes) => sum + probes, 0);
  const gain = (loss: number) => {
    const lost = Math.floor(loss * sent);
    // So faint a link is at first taken for a part of the noise.
    const level = Math.min(maxQuietLevel, background.level + 2 * lost / all);
    const without = backgrounds.evenLoss === undefined ? { level } : background;
    return 2 * (new SharedLoss(loss).of(lost, sent) - unexplained(lost, sent, without)) -
      linkPenalty(seen, false);
  };
  let [low, high] = [smallestFault, 1];
  if (gain(high) <= 0) return undefined;
  if (gain(low) > 0) return low;
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (gain(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}

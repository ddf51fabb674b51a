/** A soak on the cluster of KUBECONFIG: the release that it installs, and all that it starts. @module */

import type { V1NodeList } from "@kubernetes/client-node";
import { exitCode } from "../../src/exit_code.ts";
import type { ProgramDeps } from "../../src/platform/process.ts";
import { diagnoseCommand } from "../../src/diagnosis/diagnose.ts";
import type { VerdictReport } from "../../src/diagnosis/report.ts";
import { makeApi } from "../../src/kubernetes/client.ts";
import { connect } from "../../src/kubernetes/credentials.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { loadText } from "../bench/report.ts";
import { numberOf } from "./node_shell.ts";
import { Observer } from "./observer.ts";
import { playSoak, stepHead } from "./play.ts";
import type { SoakResult } from "./play.ts";
import { describeStep, planSchedule, slotSeconds, stepCount } from "./schedule.ts";
import type { PlannedStep } from "./schedule.ts";
import { Stage } from "./stage.ts";
import { helms } from "../../tests/chart/helm.ts";
import { get, image, makeFault, withNamespace } from "../../tests/e2e/cluster.ts";
import { dropLongPackets, passLongPackets } from "../../tests/e2e/node_network.ts";
import { deploy, helmDo, releaseName } from "../../tests/e2e/release.ts";

/** What was asked for. */
export interface SoakRequest {
  readonly durationSeconds: number;
  readonly seed: number;
}

/** Time between two probes of a pair: the chart's own. */
export const periodSeconds = 0.5;

/** Installs the chart with the sync in the cluster, plays the schedule, and removes the release. */
export async function runSoak(deps: ProgramDeps, request: SoakRequest): Promise<SoakResult> {
  const [helm] = helms.slice(-1);
  if (helm === undefined) throw new Error("There is no Helm");
  const results: SoakResult[] = [];
  await withNamespace("soak", [], async (namespace) => {
    try {
      const startMs = performance.now();
      await deploy(helm, namespace);
      results.push(await playOn(deps, namespace, request, startMs));
    } finally {
      await makeFault("heal");
      await helmDo(helm, namespace, "uninstall", releaseName);
    }
  });
  const [result] = results;
  if (result === undefined) throw new Error("The soak has no result");
  return result;
}

async function playOn(
  deps: ProgramDeps,
  namespace: string,
  request: SoakRequest,
  installedMs: number,
): Promise<SoakResult> {
  const { out, signal } = deps;
  const nodes = (await get<V1NodeList>("nodes")).items.map(({ metadata }) => metadata?.name ?? "")
    .sort((one, other) => Number(numberOf(one)) - Number(numberOf(other)));
  const spares = await findSpares(nodes, stepCount(request.durationSeconds));
  const schedule = planSchedule({ nodes, spares, ...request });
  out(scheduleText(nodes, schedule, request));
  using api = makeApi({ ...await connect(deps), namespace });
  const clock = systemClock;
  const observer = new Observer({ api, tool: makeFault, clock, signal });
  const longPackets = { drop: dropLongPackets, pass: passLongPackets };
  const stage = new Stage({ tool: makeFault, longPackets, clock, signal, observer }, nodes);
  await observer.settled(nodes);
  const tookMs = performance.now() - installedMs;
  out(`All pairs are measured ${(tookMs / 1000).toFixed(0)} s after the install began\n\n`);
  const say = (line: string) => out(`${line}\n`);
  const diagnose = () => diagnoseOnce(deps, namespace);
  say(stepHead());
  try {
    return await playSoak({
      ...{ ...request, schedule, stage, observer, diagnose, periodSeconds, clock, say, signal },
    });
  } finally {
    await stage.mend();
  }
}

/** Names of nodes that the tool does not know yet, above those that are there. */
async function findSpares(nodes: readonly string[], count: number): Promise<readonly string[]> {
  const spares: string[] = [];
  const highest = Math.max(...nodes.map((node) => Number(numberOf(node))));
  for (let number = highest + 1; spares.length < count && number < 100; number++) {
    const isKnown = await makeFault("on-node", String(number), "true")
      .then(() => true, () => false);
    if (!isKnown) spares.push(`node-${number}`);
  }
  return spares;
}

/** The command itself, as a user calls it. */
async function diagnoseOnce(deps: ProgramDeps, namespace: string): Promise<VerdictReport> {
  let answer = "";
  let errors = "";
  const code = await diagnoseCommand({
    ...deps,
    args: [releaseName, `--namespace=${namespace}`, "--output=json"],
    out: (text) => answer += text,
    err: (text) => errors += text,
  });
  if (code !== exitCode.done) throw new Error(`diagnose exited with ${code}: ${errors.trim()}`);
  return JSON.parse(answer) as VerdictReport;
}

function scheduleText(
  nodes: readonly string[],
  schedule: readonly PlannedStep[],
  { durationSeconds, seed }: SoakRequest,
): string {
  const steps = schedule.map(({ atSeconds, step }) =>
    `  ${`${atSeconds} s`.padEnd(8)}${describeStep(step)}\n`
  );
  return `nodeping soak: ${nodes.length} nodes, ${durationSeconds} s, seed ${seed}, a step every ` +
    `${slotSeconds} s
  image     ${image}
  machine   ${navigator.hardwareConcurrency} cores, load ${loadText()}

Schedule
${steps.join("")}
`;
}

/** Cases on a real Prometheus: the rules name the causes, and nothing else. @module */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { causeSeries } from "../../dashboard/rules/causes.ts";
import { defaultSettings } from "../../dashboard/rules/rule.ts";
import type { DiagnosisCase } from "../cases/cases.ts";
import type { CaseNode } from "../cases/cluster.ts";
import { serve, SyntheticCluster } from "../synthetic/exporter.ts";
import { RealPrometheus } from "../synthetic/prometheus.ts";

const intervalSeconds = 5;
const windowSeconds = 20;
/** Until a window has nothing of the case before, and every target was scraped since. */
const settleSeconds = windowSeconds + 3 * intervalSeconds;

/** The nodes of all cases, which differ in nothing but losses and silent agents. */
export interface RealCluster {
  readonly nodes: readonly CaseNode[];
  /** All others where it is left out. */
  readonly meshDegree?: number;
}

/** Runs one case after the other, a step each. */
export async function runCases(
  test: Deno.TestContext,
  cluster: RealCluster,
  cases: readonly DiagnosisCase[],
): Promise<void> {
  const synthetic = new SyntheticCluster({ ...cluster, losses: [], silent: [] }, {
    withoutIcmpErrors: true,
    probesPerSecond: 20,
  });
  await using server = serve(synthetic);
  await using prometheus = await RealPrometheus.start({
    settings: {
      ...defaultSettings,
      thresholds: {
        ...defaultSettings.thresholds,
        window: `${windowSeconds}s`,
        stillLosing: `${windowSeconds / 2}s`,
      },
    },
    intervalSeconds,
    exporterPort: server.addr.port,
    nodes: cluster.nodes.map(({ name }) => name),
  });
  for (const one of cases) {
    await test.step(one.name, async () => {
      // Zones stay known when a case has none: a case without zone faults may not depend on it.
      synthetic.become({ ...one, ...cluster });
      await delay(settleSeconds * 1000);
      await agreeInTime(prometheus, expected(one));
    });
  }
}

/** On a busy machine evaluations come late: what is left of the case before may stay a while. */
async function agreeInTime(prometheus: RealPrometheus, wanted: readonly Cause[]): Promise<void> {
  for (let evaluation = 0;; evaluation++) {
    try {
      return agree(await causes(prometheus), wanted);
    } catch (error) {
      if (evaluation === 12) throw error;
      await delay(intervalSeconds * 1000);
    }
  }
}

interface Cause {
  readonly who: string;
  readonly loss: number;
}

async function causes(prometheus: RealPrometheus): Promise<readonly Cause[]> {
  return sorted((await prometheus.query(causeSeries)).map(({ metric, value }) => {
    const who = ["node", "peer", "zone", "peer_zone"].flatMap((label) => metric[label] ?? []);
    return { who: named(metric["kind"] ?? "", who), loss: Number(value[1]) };
  }));
}

function expected({ expected: verdicts }: DiagnosisCase): readonly Cause[] {
  return sorted(verdicts.map(({ kind, who, loss }) => ({ who: named(kind, who), loss })));
}

function named(kind: string, who: readonly string[]): string {
  return `${kind} ${[...who].sort().join(" ")}`;
}

function sorted(all: readonly Cause[]): readonly Cause[] {
  return [...all].sort((one, two) => one.who < two.who ? -1 : 1);
}

/** The same causes, each with a loss that is a fifth off at most. */
function agree(found: readonly Cause[], wanted: readonly Cause[]): void {
  assert.deepEqual(found.map(({ who }) => who), wanted.map(({ who }) => who));
  wanted.forEach(({ who, loss }, index) => {
    const measured = found[index]?.loss ?? 0;
    assert.ok(Math.abs(measured - loss) <= 0.2 * loss, `${who}: ${measured} for ${loss}`);
  });
}

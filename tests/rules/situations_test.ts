/** What happens to clusters besides faults must not alarm. @module */

import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import { caseNodes, nodeLoss, nodeName } from "../cases/cluster.ts";
import type { CaseCluster, Loss } from "../cases/cluster.ts";
import type { Expectation } from "./promtool.ts";
import { clusterSeries, counting, steadyPair, stepSeconds } from "./series.ts";
import type { AgentValues, PairValues } from "./series.ts";
import { fires, ruleTest } from "./rule_case.ts";

const [a, b, c] = [nodeName(1), nodeName(2), nodeName(3)];
const five = clusterOf(5);
const steps = 12;

function clusterOf(count: number, losses: readonly Loss[] = []): CaseCluster {
  return { nodes: caseNodes(count), losses, silent: [] };
}

/** Looked at at each minute: a fault that passes must not alarm for a moment. */
function quiet(untilMinute = steps): readonly Expectation[] {
  return Array.from({ length: untilMinute }, (_, index) => ({ at: (index + 1) * 60, firing: [] }));
}

/** A restart after `before` steps: the series ends, and starts again at 0 after one step. */
function restarted(pair: PairMeasurement, before: number): PairValues {
  const again = (perStep: number) =>
    `${counting(perStep, before)} stale ${counting(perStep, steps - before - 2)}`;
  const perStep = 2 * stepSeconds;
  const received = perStep * pair.received / pair.sent;
  return {
    sent: again(perStep),
    received: again(received),
    rttSum: again(received * 0.0005),
    bursts: again(0),
  };
}

/** A pair that loses nothing, then `lost` of all probes from one step to another, its last. */
function losing(from: number, to: number, lost: number, after: "stale" | "" = ""): PairValues {
  const perStep = 2 * stepSeconds;
  const good = perStep * from;
  const less = perStep * (1 - lost);
  const received = good + less * (to - from);
  return {
    sent: `${counting(perStep, to)} ${after}`,
    received: `${counting(perStep, from)} ${counting(less, to - from - 1, good + less)} ${after}`,
    rttSum: counting(received * 0.0005 / to, steps),
    bursts: `0x${from} 1x${steps - from - 1}`,
  };
}

const steady = (pair: PairMeasurement) => steadyPair(pair, steps);

ruleTest(
  "an agent that restarts",
  clusterSeries(five, steps, (pair) => pair.source === b ? restarted(pair, 5) : steady(pair)),
  quiet(),
);

ruleTest(
  "a rollout, one agent after the other",
  clusterSeries(five, steps, (pair) => restarted(pair, 2 + Number(pair.source.at(-1)))),
  quiet(),
);

/** What an agent exports until its node dies at the fifth minute. */
const agentUntilDeath: AgentValues = Object.fromEntries(
  [families.agentLastWriteTimestamp.name, families.agentMeasuring.name]
    .map((name) => [name, "0 60 120 180 240 300 stale"]),
);

ruleTest(
  "a node that is removed: dead for two minutes, then out of the list",
  clusterSeries(
    five,
    steps,
    (pair) =>
      pair.source === b
        ? endingAfter(5)
        : pair.destination === b
        ? withoutBursts(losing(5, 7, 1, "stale"))
        : steady(pair),
    { [b]: agentUntilDeath },
  ),
  quiet(),
);

ruleTest(
  "a node that dies and stays in the list is one alert, and its bursts raise no other",
  clusterSeries(
    { ...five, losses: [] },
    steps,
    (pair) =>
      pair.source === b
        ? endingAfter(5)
        : pair.destination === b
        ? losing(5, steps, 1)
        : steady(pair),
    { [b]: agentUntilDeath },
  ),
  [
    { at: 360, firing: [] },
    { at: 600, firing: [fires("nodeUnreachable", { node: b })] },
    { at: 720, firing: [fires("nodeUnreachable", { node: b })] },
  ],
);

ruleTest(
  "a node that can neither send nor answer, while its stale counters look well",
  clusterSeries(
    five,
    steps,
    (pair) =>
      pair.source === b
        ? stoppedAfter(5)
        : pair.destination === b
        ? losing(5, steps, 1)
        : steady(pair),
    { [b]: { [families.agentMeasuring.name]: `1x5 0x${steps}` } },
  ),
  [
    { at: 360, firing: [] },
    { at: 480, firing: [fires("nodeUnreachable", { node: b })] },
    { at: 720, firing: [fires("nodeUnreachable", { node: b })] },
  ],
);

ruleTest(
  "a changed address: a minute of loss, then a new series",
  clusterSeries(
    {
      ...five,
      nodes: five.nodes.map((n) =>
        n.name === b ? { ...n, addresses: [...n.addresses, "10.0.9.9"] } : n
      ),
    },
    steps,
    (pair) => {
      if (pair.destination !== b) return steady(pair);
      return pair.address === "10.0.9.9"
        ? starting(steadyPair(pair, steps - 6), 6)
        : withoutBursts(losing(5, 6, 1, "stale"));
    },
  ),
  quiet(),
);

ruleTest(
  "the first loss burst ever, on one link",
  clusterSeries(
    five,
    steps,
    (pair) =>
      pair.source === a && pair.destination === c
        ? { ...steady(pair), bursts: `0x3 1x${steps - 4}` }
        : steady(pair),
  ),
  [
    { at: 360, firing: [] },
    { at: 540, firing: [fires("lossBursts", { node: a, peer: c })] },
  ],
);

ruleTest(
  "two links of one node that fail one after the other are links, in their bursts as well",
  clusterSeries(clusterOf(3), 24, (pair) => {
    const nodes = [pair.source, pair.destination];
    if (!nodes.includes(a)) return steadyPair(pair, 24);
    return nodes.includes(c) ? failing(3, 7, 24) : failing(8, 14, 24);
  }),
  [
    { at: 420, firing: [fires("linkLossy", { node: a, peer: c })] },
    { at: 780, firing: [fires("linkLossy", { node: a, peer: b })] },
    { at: 1260, firing: [] },
  ],
);

ruleTest(
  "a link that failed is one alert, however long its bursts are counted",
  clusterSeries(
    five,
    50,
    (pair) =>
      [a, c].includes(pair.source) && [a, c].includes(pair.destination)
        ? failing(3, 7, 50)
        : steadyPair(pair, 50),
  ),
  [
    { at: 420, firing: [fires("linkLossy", { node: a, peer: c })] },
    ...[10, 20, 25, 30, 35, 40, 45].map((minute) => ({ at: minute * 60, firing: [] })),
  ],
  { burstWindow: "30m" },
);

ruleTest(
  "a drizzling node is one alert, not one for each peer",
  clusterSeries(
    clusterOf(20),
    steps,
    (pair) =>
      [pair.source, pair.destination].includes(b)
        ? { ...steady(pair), bursts: `0x3 1x${steps - 4}` }
        : steady(pair),
  ),
  [{ at: 540, firing: [fires("lossBursts", { node: b })] }],
);

ruleTest(
  "scraped twice, one scrape of an agent that stopped: nothing changes",
  [
    ...clusterSeries(clusterOf(5, nodeLoss(b, 0.3)), steps),
    ...clusterSeries(five, steps, (pair) => ({
      sent: `1000x${steps}`,
      received: `10x${steps}`,
      rttSum: `1x${steps}`,
      bursts: `5x${steps}`,
      ...(pair.source === a ? {} : withoutBursts(steady({ ...pair, received: 0 }))),
    })).map(({ series, values }) => ({
      series: series.replace('job="node-exporter"', 'job="podmonitor"'),
      values: series.includes(families.agentLastWriteTimestamp.name) ? `0x${steps}` : values,
    })).filter(({ series }) => series.includes("_total{")),
  ],
  [{ at: 540, firing: [fires("nodeLossy", { node: b })] }],
);

ruleTest(
  "everything is lost everywhere: one alert, not one for each node",
  clusterSeries(clusterOf(20, [{ loss: 1 }]), steps),
  [{ at: 540, firing: [fires("zonePairLossy")] }],
);

/** Each node probes the next six of a ring, and the six before probe it. */
const inSample = ({ source, destination }: PairMeasurement) =>
  (Number(destination.slice(-3)) - Number(source.slice(-3)) + 20) % 20 <= 6;
const sampled = (losses: readonly Loss[]) =>
  clusterSeries(clusterOf(20, losses), steps, (pair) => inSample(pair) ? steady(pair) : undefined);

ruleTest("a sampled mesh with a lossy node", sampled(nodeLoss(b, 0.3)), [
  { at: 540, firing: [fires("nodeLossy", { node: b })] },
]);

ruleTest(
  "a sampled mesh with a lossy link, measured one way",
  sampled([{ from: [a], to: [c], loss: 0.3 }]),
  [
    { at: 540, firing: [fires("linkLossy", { node: c, peer: a })] },
  ],
);

/** Loses everything from one minute to another, in one burst. */
function failing(from: number, to: number, last: number): PairValues {
  const received = `${counting(120, from)} ${120 * from}x${to - from - 1} ${
    counting(120, last - to - 1, 120 * (from + 1))
  }`;
  return {
    sent: counting(120, last),
    received,
    rttSum: counting(0.03, last),
    bursts: `0x${from} 1x${last - from - 1}`,
  };
}

function withoutBursts(values: PairValues): PairValues {
  return { ...values, bursts: `0x${steps}` };
}

function endingAfter(step: number): PairValues {
  const end = (perStep: number) => `${counting(perStep, step)} stale`;
  return { sent: end(120), received: end(120), rttSum: end(0.06), bursts: end(0) };
}

function stoppedAfter(step: number): PairValues {
  const stop = (perStep: number) =>
    `${counting(perStep, step)} ${perStep * step}x${steps - step - 1}`;
  return { sent: stop(120), received: stop(120), rttSum: stop(0.06), bursts: stop(0) };
}

function starting({ sent, received, rttSum, bursts }: PairValues, after: number): PairValues {
  const later = (values: string) => `_x${after} ${values}`;
  return {
    sent: later(sent),
    received: later(received),
    rttSum: later(rttSum),
    bursts: later(bursts),
  };
}

/** The same series, each with one more label. */
function labelled(
  series: ReturnType<typeof clusterSeries>,
  label: string,
): ReturnType<typeof clusterSeries> {
  return series.map((one) => ({ ...one, series: one.series.replace("{", `{${label}, `) }));
}

ruleTest(
  "two clusters with the same names: a dead node in one, and all well in the other",
  [
    ...labelled(
      clusterSeries({ ...clusterOf(5, nodeLoss(b, 1)), silent: [b] }, steps),
      'cluster="east"',
    ),
    ...labelled(clusterSeries(five, steps), 'cluster="west"'),
  ],
  [
    { at: 60, firing: [] },
    { at: 480, firing: [fires("nodeUnreachable", { cluster: "east", node: b })] },
  ],
);

ruleTest(
  "two clusters: each has its own fault",
  [
    ...labelled(clusterSeries(clusterOf(5, nodeLoss(a, 0.3)), steps), 'cluster="east"'),
    ...labelled(clusterSeries(clusterOf(5, [{ to: [c], loss: 0.5 }]), steps), 'cluster="west"'),
  ],
  [{
    at: 480,
    firing: [
      fires("nodeLossy", { cluster: "east", node: a }),
      fires("destinationNotAnswering", { cluster: "west", node: c }),
    ],
  }],
);

ruleTest(
  "an outage of a minute does not page when it is over",
  clusterSeries(
    five,
    steps,
    (pair) =>
      [pair.source, pair.destination].includes(b)
        ? withoutBursts(failing(3, 4, steps))
        : steady(pair),
  ),
  quiet(),
);

ruleTest(
  "a node that loses for four minutes pages, and stops within a minute of its mend",
  clusterSeries(
    five,
    steps,
    (pair) =>
      [pair.source, pair.destination].includes(b)
        ? withoutBursts(failing(3, 7, steps))
        : steady(pair),
  ),
  [
    { at: 180, firing: [] },
    { at: 420, firing: [fires("nodeUnreachable", { node: b })] },
    { at: 540, firing: [] },
  ],
);

ruleTest(
  "every pair loses 3 %: one alert for the mesh, and nobody by name",
  clusterSeries(clusterOf(20, [{ loss: 0.03 }]), steps),
  [{ at: 540, firing: [fires("zonePairLossy")] }],
);

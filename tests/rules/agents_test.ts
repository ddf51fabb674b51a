/** Alerts on round-trip times and on the agents themselves. @module */

import type { PairMeasurement } from "../../src/mesh/mesh.ts";
import { families } from "../../src/metrics/families.ts";
import { caseNodes, nodeName } from "../cases/cluster.ts";
import type { CaseCluster } from "../cases/cluster.ts";
import type { Expectation } from "./promtool.ts";
import { clusterSeries, counting, labelText, steadyPair, stepSeconds } from "./series.ts";
import type { AgentValues, PairValues } from "./series.ts";
import { fires, ruleTest } from "./rule_case.ts";

const [a, b] = [nodeName(1), nodeName(2)];
const five = { nodes: caseNodes(5), losses: [], silent: [] };

const slowFrom = 30;
const long = 50;
const slow = (isSlow: (pair: PairMeasurement) => boolean) =>
  clusterSeries(five, long, (pair) => {
    const normal = 2 * stepSeconds * 0.0005;
    const then = isSlow(pair) ? 10 * normal : normal;
    return {
      ...steadyPair(pair, long),
      rttSum: `${counting(normal, slowFrom)} ${
        counting(then, long - slowFrom - 1, normal * slowFrom + then)
      }`,
    };
  });

ruleTest(
  "a node whose round trips take ten times as long",
  slow(({ source, destination }) => [source, destination].includes(b)),
  [
    { at: slowFrom * 60, firing: [] },
    { at: (slowFrom + 9) * 60, firing: [fires("rttHigh", { node: b })] },
  ],
);

ruleTest("all round trips take ten times as long: one alert", slow(() => true), [
  { at: (slowFrom + 9) * 60, firing: [fires("rttHigh")] },
]);

const long20 = 20;
const agentsWith = (agents: Readonly<Record<string, AgentValues>>) =>
  clusterSeries(five, long20, (pair) => steadyPair(pair, long20), agents);
const late: Expectation["at"] = 18 * 60;

ruleTest(
  "an agent that cannot measure",
  clusterSeries(
    five,
    long20,
    (pair) => pair.source === b ? idle(pair) : steadyPair(pair, long20),
    { [b]: { [families.agentMeasuring.name]: `0x${long20}` } },
  ),
  [{ at: late, firing: [fires("agentNotMeasuring", { node: b })] }],
);

const withoutList: AgentValues = {
  [families.agentMeasuring.name]: `0x${long20}`,
  [families.agentReloadSuccess.name]: `0x${long20}`,
  [families.agentReloadTimestamp.name]: `0x${long20}`,
};

ruleTest(
  "agents that refuse their first list are one alert",
  clusterSeries(five, long20, () => undefined, {
    ...Object.fromEntries(five.nodes.map(({ name }) => [name, withoutList])),
  }),
  [{ at: late, firing: [fires("configRefused")] }],
);

ruleTest(
  "a stale textfile",
  agentsWith({ [b]: { [families.agentLastWriteTimestamp.name]: `0+60x3 180x${long20}` } }),
  [{ at: 420, firing: [] }, { at: 510, firing: [fires("agentMissing", { node: b })] }],
);

const [write, measuring] = [families.agentLastWriteTimestamp.name, families.agentMeasuring.name];

ruleTest(
  "an agent that is gone with its textfile, until it is back",
  clusterSeries(
    five,
    long20,
    (pair) =>
      pair.source === b
        ? gone(steadyPair(pair, 3), steadyPair(pair, long20 - 12))
        : steadyPair(pair, long20),
    { [b]: { [write]: "0+60x3 stale _x7 720+60x8", [measuring]: "1x3 stale _x7 1x8" } },
  ),
  [
    { at: 420, firing: [] },
    { at: 510, firing: [fires("agentMissing", { node: b })] },
    { at: 690, firing: [fires("agentMissing", { node: b })] },
    { at: 720, firing: [] },
    { at: late, firing: [] },
  ],
);

ruleTest(
  "a node that joins the list long before its agent starts",
  clusterSeries(
    { ...five, silent: [b] },
    long20,
    (pair) =>
      pair.destination === b
        ? gone({ sent: "", received: "", rttSum: "", bursts: "" }, steadyPair(pair, 16), 4)
        : steadyPair(pair, long20),
  ),
  [
    { at: 540, firing: [] },
    { at: 660, firing: [fires("agentMissing", { node: b })] },
  ],
);

ruleTest(
  "a node that was dead: its agent is not missing while its row comes back",
  clusterSeries(
    five,
    long20,
    (pair) => {
      const steady = steadyPair(pair, long20);
      if (pair.destination === b) {
        return { ...steady, received: `${counting(120, 3)} 360x8 ${counting(120, 8, 480)}` };
      }
      return pair.source === b
        ? gone(steadyPair(pair, 3), steadyPair(pair, long20 - 14), 10)
        : steady;
    },
    { [b]: { [write]: "0+60x3 stale _x9 840+60x6", [measuring]: "1x3 stale _x9 1x6" } },
  ),
  [
    { at: 660, firing: [fires("nodeUnreachable", { node: b })] },
    { at: 780, firing: [] },
    { at: 840, firing: [] },
    { at: late, firing: [] },
  ],
);

ruleTest(
  "an agent that probes too slowly",
  clusterSeries(
    five,
    long20,
    (pair) => pair.source === b ? slowly(pair) : steadyPair(pair, long20),
  ),
  [{ at: late, firing: [fires("probeRateLow", { node: b })] }],
);

const cordonedB = {
  ...five,
  nodes: five.nodes.map((node) => node.name === b ? { ...node, cordoned: true } : node),
};

ruleTest(
  "a cordoned node whose agent cannot measure",
  clusterSeries(
    cordonedB,
    long20,
    (pair) => pair.source === b ? idle(pair) : steadyPair(pair, long20),
    { [b]: { [measuring]: `0x${long20}` } },
  ),
  [{ at: late, firing: [] }],
);

ruleTest(
  "a cordoned node whose agent probes too slowly",
  clusterSeries(
    cordonedB,
    long20,
    (pair) => pair.source === b ? slowly(pair) : steadyPair(pair, long20),
  ),
  [{ at: late, firing: [] }],
);

const long90 = 90;
const steppingClocks = (cluster: CaseCluster) =>
  clusterSeries(cluster, long90, (pair) => steadyPair(pair, long90), {
    [a]: { [families.agentClockSteps.name]: `0x5 ${counting(1, 4, 1)} 5x${long90}` },
    [b]: { [families.agentClockSteps.name]: `${counting(1, 10)} 10x${long90}` },
  });

ruleTest(
  "a clock that steps ten times in ten minutes, until an hour later, and one that steps five times",
  steppingClocks(five),
  [
    { at: 14 * 60, firing: [] },
    { at: late, firing: [fires("clockSteps", { node: b })] },
    { at: 60 * 60, firing: [fires("clockSteps", { node: b })] },
    { at: 72 * 60, firing: [] },
  ],
);

ruleTest("a cordoned node whose clock steps", steppingClocks(cordonedB), [
  { at: late, firing: [] },
]);

/** Nothing is counted. */
function idle(pair: PairMeasurement): PairValues {
  return { ...steadyPair(pair, long20), sent: `0x${long20}`, received: `0x${long20}` };
}

/** Seven tenths of the probes that the period asks for. */
function slowly(pair: PairMeasurement): PairValues {
  const values = counting(2 * stepSeconds * 0.7, long20);
  return { ...steadyPair(pair, long20), sent: values, received: values };
}

ruleTest("an agent with another node list", agentsWith({ [b]: { hash: "another" } }), [
  { at: 300, firing: [] },
  { at: late, firing: [fires("configDiffers")] },
]);

ruleTest(
  "agents that refuse the node list are one alert",
  agentsWith(Object.fromEntries([a, b].map((name) => [name, {
    [families.agentReloadSuccess.name]: `0x${long20}`,
  }]))),
  [{ at: late, firing: [fires("configRefused")] }],
);

ruleTest(
  "a node that is not in the list",
  agentsWith({ [b]: { [families.agentInNodeList.name]: `0x${long20}` } }),
  [{ at: 600, firing: [] }, { at: late, firing: [fires("nodeNotInList")] }],
);

/** A Node's mark, as kube-state-metrics has it. */
const marked = (name: string, labels: Readonly<Record<string, string>>, value: string) => [
  ...agentsWith({ [b]: { [families.agentInNodeList.name]: `0x${long20}` } }),
  { series: name + labelText({ node: b, ...labels }), values: `${value}x${long20}` },
];

for (
  const [name, labels, value] of [
    ["kube_node_spec_taint", { key: "karpenter.sh/disrupted", effect: "NoSchedule" }, "1"],
    ["kube_node_deletion_timestamp", {}, "1700000000"],
    ["kube_node_status_condition", { condition: "Terminating", status: "true" }, "1"],
  ] as const
) {
  ruleTest(
    `a node that is drained for long before it goes, by ${name}, is not missing from the list`,
    marked(name, labels, value),
    [{ at: late, firing: [] }],
  );
}

ruleTest("a node with other taints that is not in the list", [
  ...marked("kube_node_spec_taint", { key: "DeletionCandidateOfClusterAutoscaler" }, "1"),
  {
    series: "kube_node_status_condition" +
      labelText({ node: b, condition: "Terminating", status: "true" }),
    values: `0x${long20}`,
  },
], [{ at: late, firing: [fires("nodeNotInList")] }]);

const twenty = { nodes: caseNodes(20), losses: [], silent: [] };
const probedBy = (
  sources: Readonly<Record<string, number>>,
  agents: Readonly<Record<string, AgentValues>> = {},
) =>
  clusterSeries(
    twenty,
    long20,
    (pair) => {
      const others = twenty.nodes.filter(({ name }) => name !== pair.destination);
      const place = others.findIndex(({ name }) => name === pair.source);
      return place < (sources[pair.destination] ?? 19) ? steadyPair(pair, long20) : undefined;
    },
    Object.fromEntries(
      twenty.nodes.map((
        { name },
      ) => [name, { [families.agentMeshDegree.name]: `19x${long20}`, ...agents[name] }]),
    ),
  );

ruleTest("a node that nobody probes", probedBy({ [a]: 0 }), [
  { at: 300, firing: [] },
  { at: late, firing: [fires("tooFewSources")] },
]);

ruleTest(
  "a node that has left the list, its agent still running: no other alert comes before its own",
  probedBy({ [a]: 0 }, { [a]: { [families.agentInNodeList.name]: `0x${long20}` } }),
  [
    { at: 14 * 60, firing: [] },
    { at: late, firing: [fires("nodeNotInList")] },
  ],
);

ruleTest("a node that fewer others probe than planned", probedBy({ [a]: 9 }), [
  { at: 300, firing: [] },
  { at: late, firing: [fires("tooFewSources")] },
]);

ruleTest("nodes that half of the others probe", probedBy({ [a]: 10, [b]: 10 }), [
  { at: late, firing: [] },
]);

/** The first values, then nothing for so many steps, then the others. */
function gone(first: PairValues, then: PairValues, steps = 8): PairValues {
  const join = (key: keyof PairValues) =>
    `${first[key]}${first[key] === "" ? "" : " stale"} _x${steps} ${then[key]}`.trim();
  return {
    sent: join("sent"),
    received: join("received"),
    rttSum: join("rttSum"),
    bursts: join("bursts"),
  };
}

ruleTest(
  "agents that have all stopped, their textfiles left behind",
  clusterSeries(
    five,
    long20,
    (pair) => {
      const stop = (perStep: number) => `${counting(perStep, 3)} ${3 * perStep}x${long20}`;
      const { bursts } = steadyPair(pair, long20);
      return { sent: stop(120), received: stop(120), rttSum: stop(0.06), bursts };
    },
    Object.fromEntries(five.nodes.map(({ name }) => [name, { [write]: `0+60x3 180x${long20}` }])),
  ),
  [{ at: 480, firing: [] }, { at: 660, firing: [fires("noAgent")] }],
);

ruleTest("no agent at all", [{ series: 'up{job="node-exporter"}', values: `1x${long20}` }], [
  { at: 120, firing: [] },
  { at: late, firing: [fires("noAgent")] },
]);

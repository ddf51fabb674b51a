/** The rules name what `diagnose` names, on the cases that both share. @module */

import { causeSeries } from "../../dashboard/rules/causes.ts";
import { alertName } from "../../dashboard/rules/rule.ts";
import type { AlertKey } from "../../dashboard/rules/rule.ts";
import { nodeOrder } from "../../src/metrics/samples.ts";
import { diagnosisCases } from "../cases/cases.ts";
import type { DiagnosisCase, ExpectedVerdict } from "../cases/cases.ts";
import { missingPrograms, needing } from "../needing.ts";
import { runPromtool } from "./promtool.ts";
import type { AlertLabels, RuleTestCase } from "./promtool.ts";
import { clusterSeries, labelText, stepSeconds } from "./series.ts";
import type { InputSeries } from "./series.ts";

const seconds = 480;
const unreachable = 0.9;

/**
 * promtool evaluates no query of more than 10,000 samples. Larger clusters: large_cases_test.ts.
 */
const promtoolNodes = 50;

for (const one of diagnosisCases.filter(({ nodes }) => nodes.length <= promtoolNodes)) {
  Deno.test({
    ...needing(
      `rules name the causes of: ${one.name}`,
      missingPrograms("promtool"),
    ),
    fn: () => runPromtool(testCaseOf(one)),
  });
}

function testCaseOf(one: DiagnosisCase): RuleTestCase {
  const muted = (who: readonly string[]) =>
    one.nodes.some(({ name, cordoned }) => cordoned === true && who.includes(name));
  const expected = one.ofRules ?? one.expected;
  // A loss of one direction alone is no cause for the rules, but its bursts are named.
  const burstsAlone = one.ofRules === undefined
    ? []
    : one.expected.flatMap(({ oneWay }) => oneWay ?? []);
  const { stale = [] } = one;
  const dead = expected.filter(({ kind, loss }) => kind === "node" && loss >= unreachable)
    .flatMap(({ who }) => who);
  const missing = one.silent.filter((name) =>
    !dead.includes(name) && !muted([name]) && !stale.includes(name)
  );
  return {
    series: [...clusterSeries(one, seconds / stepSeconds), ...nodeObjects(one)],
    expectations: [
      { at: 60, firing: [] },
      {
        at: seconds,
        firing: [
          ...expected.filter(({ who }) => !muted(who)).map((verdict) => alertOf(verdict, one)),
          ...(stale.length > 0 ? [{ alertname: alertName("nodeListStale") }] : []),
          ...burstsAlone.map(({ source, destination }) => ({
            alertname: alertName("lossBursts"),
            node: source,
            peer: destination,
          })),
          ...missing.map((node) => ({ alertname: alertName("agentMissing"), node })),
        ],
        holds: expected.map(aboutTheLoss),
      },
    ],
  };
}

/** What kube-state-metrics says where a node has left the cluster; else there is none of it. */
function nodeObjects({ nodes, stale = [] }: DiagnosisCase): readonly InputSeries[] {
  if (stale.length === 0) return [];
  return nodes.filter(({ name }) => !stale.includes(name)).map(({ name }) => ({
    series: `kube_node_info${labelText({ node: name, job: "kube-state-metrics" })}`,
    values: `1x${seconds / stepSeconds}`,
  }));
}

function alertOf(
  { kind, who, zones, loss }: ExpectedVerdict,
  { nodes }: DiagnosisCase,
): AlertLabels {
  const isOfZones = kind === "zone-pair" || kind === "path";
  const order = (name: string) =>
    Math.min(
      ...nodes.filter(({ name: node, zone }) => name === (isOfZones ? zone : node))
        .map((node) => nodeOrder(node.name)),
    );
  const [first = "", second = ""] = [...zones ?? who].sort((one, two) => order(one) - order(two));
  const named = (key: AlertKey, labels: AlertLabels) => ({ alertname: alertName(key), ...labels });
  switch (kind) {
    case "node":
      return named(loss >= unreachable ? "nodeUnreachable" : "nodeLossy", { node: first });
    case "source":
      return named("sourceFaulty", { node: first });
    case "destination":
      return named("destinationNotAnswering", { node: first });
    case "link":
      return named("linkLossy", { node: first, peer: second });
    case "zone-pair":
      return named("zonePairLossy", { zone: first, peer_zone: second });
    case "path":
      return named("pathLossy", { zone: first, peer_zone: second });
  }
}

/** A verdict may say up to a fifth more or less than the loss that its cause makes. */
function aboutTheLoss({ kind, loss }: ExpectedVerdict): string {
  const value = `${causeSeries}{kind="${kind}"}`;
  return `(${value} >= ${loss * 0.8} and ${value} <= ${loss * 1.2})`;
}

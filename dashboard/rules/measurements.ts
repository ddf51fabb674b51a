/** Recording rules of what was measured: per pair, two nodes, source, destination, zones. @module */

import {
  clusterLabel,
  endedPairRate,
  nodePairIdentity,
  pairIdentity,
  pairRate,
  recorded,
  rename,
} from "../promql.ts";
import type { RuleGroup, Thresholds } from "./rule.ts";
import { families } from "../../src/metrics/families.ts";
import type { MetricFamily } from "../../src/metrics/samples.ts";

const source = "source_node, source_zone";
const destination = "destination_node, destination_zone";
const zones = "source_zone, destination_zone";
const toNodes = `{destination_kind="node"}`;

/** Pairs first, then what is summed up from them. Evaluated in this order. */
export function measurementRules(thresholds: Thresholds): RuleGroup["rules"] {
  const { window, burstWindow } = thresholds;
  return [
    // Raw series come unsorted, which is most of what a rule costs: each is read as seldom as can be.
    { record: recorded.sent, expr: pairRate(families.probesSent, window) },
    {
      // Of the probes that its period asks for, what a source sends to its median pair.
      record: recorded.sentOfPlan,
      expr: `quantile by (${clusterLabel}, source_node) (0.5, ${recorded.sent}${toNodes}) ` +
        `* on (${clusterLabel}, source_node) ${bySource(families.agentProbePeriod.name)}`,
    },
    // Pairs that are gone are left out once, by what was sent.
    { record: recorded.received, expr: endedPairRate(families.probesReceived, window) },
    {
      // Nothing sent is no loss: the pair is absent.
      record: recorded.loss,
      expr: `clamp_min(1 - ${recorded.received} / (${recorded.sent} > 0), 0)`,
    },
    {
      record: recorded.rtt,
      expr: `${endedPairRate(families.rttSum, window)} / (${recorded.received} > 0)`,
    },
    {
      record: recorded.bursts,
      expr: burstIncrease(burstWindow),
    },
    {
      // Instant: no range of raw samples is read a second time.
      record: recorded.lost,
      expr: `max by (${pairIdentity}) (${families.probesSent.name}${toNodes}) ` +
        `- max by (${pairIdentity}) (${families.probesReceived.name}${toNodes})`,
    },
    {
      // An agent that restarts begins at 0: that is a difference as well.
      record: recorded.lostLately,
      expr: `max by (${clusterLabel}, source_node, destination_node) ` +
        `(${recorded.lost} - ${recorded.lost} offset ${thresholds.stillLosing} != 0)`,
    },
    { record: recorded.nodePairLoss, expr: nodePairLoss() },
    {
      record: recorded.rowPeers,
      expr: `count by (${clusterLabel}, source_node, ${zones}) (${recorded.nodePairLoss})`,
    },
    {
      record: recorded.columnPeers,
      expr: `count by (${clusterLabel}, destination_node, ${zones}) (${recorded.nodePairLoss})`,
    },
    {
      // Even the fastest peer counts: one slow peer must not make the others look slow.
      record: recorded.destinationRtt,
      expr: `min by (${clusterLabel}, destination_node) (${recorded.rtt}${toNodes})`,
    },
    {
      // Most of those that probe the node must say so: one stale textfile must not mute alerts.
      record: recorded.cordoned,
      expr: `max by (${clusterLabel}, node) (${
        rename(`(${cordonedShare()})`, "destination_node", "node")
      })`,
    },
  ];
}

/** Means for the eye alone: no cause and no alert waits for them. */
export function meanRules(): RuleGroup["rules"] {
  return [
    { record: recorded.sourceLoss, expr: meanBy(source, recorded.loss) },
    { record: recorded.destinationLoss, expr: meanBy(destination, recorded.loss) },
    { record: recorded.zonePairLoss, expr: meanBy(zones, recorded.loss) },
    { record: recorded.sourceRtt, expr: meanBy(source, recorded.rtt) },
    { record: recorded.destinationRttMean, expr: meanBy(destination, recorded.rtt) },
    { record: recorded.zonePairRtt, expr: meanBy(zones, recorded.rtt) },
  ];
}

/** What the kernel and the network said about probes: rare, and read by source. */
export function refusalRules({ window }: Thresholds): RuleGroup["rules"] {
  // Scraped twice, each scrape has it all: no need to compare pair by pair.
  const bySource = ({ name }: MetricFamily) =>
    `max by (${clusterLabel}, source_node) (sum by (${clusterLabel}, source_node, job, instance) (rate(${name}[${window}])))`;
  return [
    { record: recorded.sendFailures, expr: bySource(families.sendFailures) },
    { record: recorded.duplicates, expr: bySource(families.duplicates) },
    { record: recorded.icmpErrors, expr: bySource(families.icmpErrors) },
  ];
}

/** What is usual; evaluated seldom, since it reads a day. */
export function usualRules(thresholds: Thresholds): RuleGroup["rules"] {
  return [{
    record: recorded.destinationRttUsual,
    // The last minutes are left out, or a slow start would become usual before it is reported.
    expr:
      `avg_over_time(${recorded.destinationRtt}[${thresholds.rttUsualWindow}] offset 10m) and ${recorded.destinationRtt}`,
  }];
}

/**
 * The worst address of a node counts. No row is read of a source that has left the list, that cannot
 * measure, or whose probes have stopped: what is left in the window is from before, when all was well.
 */
function nodePairLoss(): string {
  // One pass over all pairs instead of three.
  return `max by (${nodePairIdentity}) (${recorded.loss}${toNodes}) unless on (${clusterLabel}, source_node) (` +
    `${bySource(families.agentInNodeList.name)} == 0 ` +
    `or ${bySource(families.agentMeasuring.name)} == 0 ` +
    `or ${recorded.sentOfPlan} < 0.5)`;
}

function cordonedShare(): string {
  const by = `${clusterLabel}, destination_node`;
  return `count by (${by}) (max by (${clusterLabel}, source_node, destination_node) (` +
    `${families.destinationCordoned.name})) / sum by (${by}) (${recorded.columnPeers})`;
}

function bySource(name: string): string {
  return `max by (${clusterLabel}, source_node) (${name})`;
}

function burstIncrease(window: string): string {
  const { name } = families.lossBursts;
  // increase() extrapolates: one burst becomes 1.03, never less than 1.
  const ofPairs = `max by (${pairIdentity}) (increase(${name}${toNodes}[${window}])) ` +
    `and on (${pairIdentity}) ${recorded.sent}`;
  return `round(max by (${nodePairIdentity}) (${ofPairs})) > 0`;
}

/** The mean over pairs: each counts the same, as each is probed as often. */
function meanBy(labels: string, series: string): string {
  return `avg by (${clusterLabel}, ${labels}) (${series}${toNodes})`;
}

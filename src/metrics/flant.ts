/**
 * The families of the article's script and of Deckhouse's monitoring-ping, so that dashboards and
 * alerts made for them go on working: milliseconds, and no label for the source.
 *
 * One thing differs on purpose: the old gauges were 0 when nothing was received, so that a dead
 * link read as the fastest; here they are absent.
 *
 * @module
 */

import type { Labels, MetricFamily, Sample } from "./samples.ts";
import type { PairTotals } from "../pairs/pair.ts";
import type { Pair } from "../pairs/pairs.ts";

/** A family of the older exposition; its labels are those of the older exporters. */
export type FlantFamily = Omit<MetricFamily, "of">;

interface Quantity {
  readonly suffix: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly read: (totals: PairTotals, nowMs: number) => number | undefined;
}

/** In whole nanoseconds: further digits are noise of the arithmetic. */
const inMs = (seconds: number | undefined) =>
  seconds === undefined ? undefined : Math.round(seconds * 1e9) / 1e6;

const quantities: readonly Quantity[] = [
  {
    suffix: "packets_sent_total",
    type: "counter",
    help: "ICMP packets sent",
    read: (totals) => totals.sent,
  },
  {
    suffix: "packets_received_total",
    type: "counter",
    help: "ICMP packets received",
    read: (totals) => totals.received,
  },
  {
    suffix: "rtt_milliseconds_total",
    type: "counter",
    help: "Sum of the round-trip times in milliseconds",
    read: (totals) => inMs(totals.rttSumSeconds),
  },
  {
    suffix: "rtt_min",
    type: "gauge",
    help: "Smallest round-trip time in milliseconds",
    read: (totals, nowMs) => inMs(totals.window.statistics(nowMs)?.minSeconds),
  },
  {
    suffix: "rtt_max",
    type: "gauge",
    help: "Largest round-trip time in milliseconds",
    read: (totals, nowMs) => inMs(totals.window.statistics(nowMs)?.maxSeconds),
  },
  {
    suffix: "rtt_mdev",
    type: "gauge",
    help: "Standard deviation of the round-trip times in milliseconds",
    read: (totals, nowMs) => inMs(totals.window.statistics(nowMs)?.stddevSeconds),
  },
];

function labelsOf({ destination }: Pair): Labels {
  return destination.kind === "node"
    ? { destination_node: destination.name, destination_node_ip_address: destination.address }
    : { destination_name: destination.name, destination_host: destination.address };
}

function family(kind: "node" | "external", quantity: Quantity): FlantFamily {
  const { suffix, type, help, read } = quantity;
  return {
    name: kind === "node" ? `kube_node_ping_${suffix}` : `external_ping_${suffix}`,
    type,
    help: `${help}.`,
    labels: kind === "node"
      ? ["destination_node", "destination_node_ip_address"]
      : ["destination_name", "destination_host"],
    read: ({ pairs, monotonicMs }) => {
      const nowMs = monotonicMs();
      return [...pairs.all]
        .filter(({ destination }) => destination.kind === kind)
        .flatMap((pair): Sample[] => {
          const value = read(pair.totals, nowMs);
          return value === undefined ? [] : [{ labels: labelsOf(pair), value }];
        });
    },
  };
}

/** Every family that --metrics-compatibility=flant adds. */
export const flantFamilies: readonly FlantFamily[] = (["node", "external"] as const)
  .flatMap((kind) => quantities.map((quantity) => family(kind, quantity)));

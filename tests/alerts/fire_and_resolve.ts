/**
 * `deno task alerts [LANE ...]`: makes every fault that the cluster can make and measures how long the
 * alerts take to fire in a real Prometheus, and to resolve once the fault is mended. Each has its `for`
 * and half a minute. Prints a table; fails when an alert is late, or one fires that no fault explains.
 *
 * Takes the cluster and the environment of `deno task e2e` (tests/e2e/cluster.ts), with at least eight
 * nodes in zones, and a Prometheus that has loaded chart/rules/nodeping.yaml. About an hour, and
 * bounded, since every wait is. LANE: agents, lists, bursts, mtu, links, filters, zones, slow or none.
 *
 * @module
 */

import { agentsOf } from "../e2e/agents.ts";
import { eventually, get, kubectl, pause, prometheusUrl, withNamespace } from "../e2e/cluster.ts";
import { deploy } from "../e2e/release.ts";
import { helms } from "../chart/helm.ts";
import { PrometheusClient } from "../synthetic/prometheus.ts";
import { agentLabel } from "./agent_faults.ts";
import type { Fault, Place, Zone } from "./fault.ts";
import { fewestNodes, phases } from "./faults.ts";
import { FiringAlerts, holdSeconds, written } from "./firing_alerts.ts";
import type { NamedAlert } from "./firing_alerts.ts";

/** An alert may take its `for` and this: a scrape, a write of the textfile and an evaluation. */
const graceSeconds = 30;
/** Agents that are back have written more than once before the next fault. */
const settleSeconds = 15;
/** How much longer a late alert is waited for, to say how late it is. */
const patienceSeconds = 60;

const zoneLabel = "topology.kubernetes.io/zone";

interface ClusterNode {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

interface Timing {
  readonly fault: string;
  readonly alert: NamedAlert;
  readonly fired: number | undefined;
  readonly resolved: number | undefined;
  readonly fireLimit: number;
  readonly resolveLimit: number;
}

function say(text: string): void {
  const time = new Date().toISOString().slice(11, 19);
  Deno.stdout.writeSync(new TextEncoder().encode(`${time} ${text}\n`));
}

async function main(chosen: readonly string[]): Promise<boolean> {
  const [helm, url] = [helms.at(-1), prometheusUrl];
  if (helm === undefined || url === undefined) {
    throw new Error("Helm and NODEPING_E2E_PROMETHEUS are needed: see tests/e2e/cluster.ts");
  }
  const { nodes, zones } = await readNodes();
  const alerts = new FiringAlerts(url);
  const timings: Timing[] = [];
  await kubectl("label", "nodes", "--all", "--overwrite", `${agentLabel}=agent`);
  await withNamespace("alerts", [], async (namespace) => {
    await deploy(helm, namespace, { nodeSelector: { [agentLabel]: "agent" } });
    await measured(url, namespace, nodes.length);
    await alerts.quiet(900);
    say(`${nodes.length} nodes, nothing fires`);
    const done = new AbortController();
    const watching = alerts.watch(done.signal);
    for (const lanes of phases({ nodes, zones, namespace })) {
      const wanted = Object.entries(lanes).filter(([name]) =>
        chosen.length === 0 || chosen.includes(name)
      );
      const ended = await Promise.allSettled(wanted.map(async ([, faults]) => {
        for (const fault of faults) {
          timings.push(...await story(alerts, fault));
          await pause(settleSeconds);
        }
      }));
      // Every lane has mended its faults before one that failed ends it all.
      for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
    }
    done.abort();
    await watching;
  });
  await kubectl("label", "nodes", "--all", `${agentLabel}-`);
  return report(timings, alerts.unexpected);
}

async function readNodes(): Promise<Pick<Place, "nodes" | "zones">> {
  const { items } = await get<{ items: readonly ClusterNode[] }>("nodes");
  const nodes = items.map(({ metadata }) => metadata.name);
  if (nodes.length < fewestNodes) {
    throw new Error(`The cluster has ${nodes.length} nodes: add some, ${fewestNodes} are needed`);
  }
  const zoned = Map.groupBy(items, ({ metadata }) => metadata.labels[zoneLabel] ?? "");
  zoned.delete("");
  const [one, other] = [...zoned].map(([name, members]): Zone => [
    name,
    members.map(({ metadata }) => metadata.name),
  ]).filter(([, members]) => members.length > 2);
  if (one === undefined || other === undefined) {
    throw new Error(
      `The cluster needs two zones of three nodes or more: set the label ${zoneLabel}`,
    );
  }
  return { nodes, zones: [one, other] };
}

async function measured(url: string, namespace: string, nodes: number): Promise<void> {
  const pairs = nodes * (nodes - 1);
  const prometheus = new PrometheusClient(url);
  await eventually(120, async () => {
    const [count] = await prometheus.query("count(nodepair:nodeping_loss:ratio <= 0)");
    if (Number(count?.value[1]) === pairs) return;
    const agents = await agentsOf(namespace);
    throw new Error(`${count?.value[1] ?? 0} of ${pairs} pairs, ${agents.length} agents`);
  });
}

/** Makes the fault, waits for its alerts, mends it and waits again. */
async function story(alerts: FiringAlerts, fault: Fault): Promise<readonly Timing[]> {
  fault.alerts.forEach((alert) => alerts.expect(alert));
  const times = async (fires: boolean, limitOf: (alert: NamedAlert) => number) => {
    const start = performance.now();
    say(`${fires ? "Made" : "Mended"}: ${fault.name}`);
    await (fires ? fault.make() : fault.mend());
    return await Promise.all(fault.alerts.map(async (alert) => {
      const patience = limitOf(alert) + patienceSeconds;
      const seconds = await alerts.secondsUntil(alert, fires, start, patience);
      const what = fires ? "fires" : "is resolved";
      say(
        seconds === undefined
          ? `${written(alert)} never ${what}`
          : `${written(alert)} ${what} after ${rounded(seconds)} s`,
      );
      return seconds;
    }));
  };
  const limit = ({ key }: NamedAlert) => holdSeconds(key) + graceSeconds;
  const fireLimit = (alert: NamedAlert) => limit(alert) + (fault.measuredSeconds ?? 0);
  const resolveLimit = (alert: NamedAlert) => fault.resolveSeconds ?? limit(alert);
  let resolved: readonly (number | undefined)[] = [];
  let fired: readonly (number | undefined)[] = [];
  try {
    fired = await times(true, fireLimit);
  } finally {
    resolved = await times(false, resolveLimit);
  }
  fault.alerts.forEach((alert) => alerts.forget(alert));
  return fault.alerts.map((alert, index) => ({
    fault: fault.name,
    alert,
    fired: fired[index],
    resolved: resolved[index],
    fireLimit: fireLimit(alert),
    resolveLimit: resolveLimit(alert),
  }));
}

function rounded(seconds: number | undefined): string {
  return seconds === undefined ? "never" : seconds.toFixed(0);
}

/** Prints the table; true when all is well. */
function report(timings: readonly Timing[], unexpected: readonly string[]): boolean {
  const rows = timings.map((one) => [
    ...[one.fault, written(one.alert)],
    ...[rounded(one.fired), String(one.fireLimit)],
    ...[rounded(one.resolved), String(one.resolveLimit)],
    isWell(one) ? "" : "LATE",
  ]);
  const table = [["fault", "alert", "fires, s", "limit", "resolved, s", "limit", ""], ...rows];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0))
  );
  for (const row of table) {
    say(row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join("  ").trimEnd());
  }
  unexpected.forEach((alert) => say(`Not expected: ${alert}`));
  return timings.length > 0 && timings.every(isWell) && unexpected.length === 0;
}

function isWell({ fired, fireLimit, resolved, resolveLimit }: Timing): boolean {
  return (fired ?? Infinity) <= fireLimit && (resolved ?? Infinity) <= resolveLimit;
}

if (import.meta.main) Deno.exit(await main(Deno.args) ? 0 : 1);

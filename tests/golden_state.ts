/** One fixed state of an agent, with everything that an exposition can show. @module */

import { AgentStatus } from "../src/metrics/agent_status.ts";
import { exposition, makeRegistry } from "../src/metrics/exposition.ts";
import type { RegistryOptions } from "../src/metrics/exposition.ts";
import { parseNodeList } from "../src/nodes/node_list_parser.ts";
import type { PairTotals } from "../src/pairs/pair.ts";
import { Pairs } from "../src/pairs/pairs.ts";
import { planDestinations } from "../src/targets/destination.ts";

/** A node list with zones, two addresses of a node, a cordon, and names that try to break out. */
export const goldenList = {
  cluster_targets: [
    { name: "node-1", ipAddress: "10.0.0.1", zone: "zone-a" },
    { name: "node-2", ipAddress: "10.0.0.2", zone: "zone-a" },
    { name: "node-2", ipAddress: "fd00::2", zone: "zone-a" },
    { name: "node-3", ipAddress: "10.0.0.3", zone: 'zone "b" \\', cordoned: true },
    { name: "node-4", ipAddress: "10.0.0.4" },
  ],
  external_targets: [
    { host: "192.0.2.1", name: 'gate "way" \\ n\\n {x="y"} # ☃ 🜚 süd' },
    { host: "example.org" },
  ],
};

/** The families that one gets without asking. */
export const plain = {
  flantCompatibility: false,
  pairMetrics: "all",
  pairDistribution: false,
} as const satisfies RegistryOptions;

/** All that can be asked for. */
export const everything: RegistryOptions = {
  ...plain,
  flantCompatibility: true,
  pairDistribution: true,
};

/** The text that the agent of node-1 would write, always the same. */
export async function goldenExposition(options: RegistryOptions): Promise<string> {
  const parsed = parseNodeList(JSON.stringify(goldenList));
  if (parsed.kind === "invalid") throw new Error(parsed.problems.join("\n"));
  const plan = planDestinations(parsed.list, "node-1", "auto");
  const pairs = new Pairs({
    totals: {
      windowMs: 60_000,
      periodMs: 500,
      maxSilenceMs: 6000,
      distribution: options.pairDistribution,
    },
    onLossRun: () => {},
  });
  pairs.replace(plan.destinations);
  pairs.route(({ address }) => address);
  probe(pairs);
  measurePathMtu(pairs);
  const registry = makeRegistry({
    pairs,
    status: makeStatus(),
    sourceNode: "node-1",
    version: "1.2.3",
    denoVersion: "2.9.6",
    periodSeconds: 0.5,
    sourceZone: () => plan.ownZone,
    measuring: () => true,
    monotonicMs: () => 60_000,
    wallMs: () => 1_795_000_060_000,
  }, options);
  let text = "";
  for await (const part of exposition(registry)) text += new TextDecoder().decode(part);
  return text;
}

/** node-3 is behind a black hole, node-4 is dead, and external targets are not measured. */
function measurePathMtu(pairs: Pairs): void {
  const known: Readonly<Record<string, PairTotals["pathMtu"]>> = {
    "10.0.0.2": { bytes: 1500, blackHole: undefined },
    "fd00::2": { bytes: 1450, blackHole: undefined },
    "10.0.0.3": { bytes: 1400, blackHole: { passes: 1400, lost: 1401 } },
    "10.0.0.4": { bytes: undefined, blackHole: undefined },
  };
  for (const { destination, totals } of pairs.all) totals.pathMtu = known[destination.address];
}

/** node-4 was never answered: it has no smallest, largest and deviation. */
function probe(pairs: Pairs): void {
  const startSeconds = 1_795_000_000;
  const [answering, lossy, silent] = [["10.0.0.2", "fd00::2", "192.0.2.1"], "10.0.0.3", "10.0.0.4"];
  for (let sequence = 0; sequence < 120; sequence++) {
    const nowMs = sequence * 500;
    const sentAtSeconds = startSeconds + nowMs / 1000;
    const lost = { kind: "lost", sentAtSeconds } as const;
    const reply = (microseconds: number) =>
      ({ kind: "reply", rttSeconds: microseconds / 1e6, sentAtSeconds }) as const;
    for (const target of answering) {
      pairs.record(pairs.routeOf(target), reply(100 + sequence), nowMs);
    }
    pairs.record(pairs.routeOf(lossy), sequence % 10 < 4 ? lost : reply(900_000 + sequence), nowMs);
    pairs.record(
      pairs.routeOf(silent),
      sequence % 2 === 0 ? lost : { ...lost, kind: "refused" },
      nowMs,
    );
  }
  pairs.record(pairs.routeOf("10.0.0.2"), { kind: "duplicate" }, 60_000);
  pairs.record(pairs.routeOf("10.0.0.2"), { kind: "late_reply", rttSeconds: 1.0001 }, 60_000);
  pairs.recordIcmpError(silent, "host_unreachable");
  pairs.recordIcmpError(silent, "prohibited");
}

function makeStatus(): AgentStatus {
  const status = new AgentStatus();
  status.fpingVersion = "5.1";
  status.targets = 5;
  status.meshDegree = 3;
  status.listLoaded = true;
  status.inNodeList = true;
  status.configHash = "0123456789abcdef";
  status.reloadSucceeded = true;
  status.reloadTimestampSeconds = 1_795_000_000.25;
  status.countRestart("clock_step");
  status.clockSteps = 1;
  status.wrongSource = 2;
  status.unparsedLines = 3;
  status.resolutionFailures = 4;
  status.textfileWriteSeconds = 0.0021;
  status.textfileWriteErrors = 5;
  return status;
}

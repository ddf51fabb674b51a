/**
 * A real fabric: two leaves with four nodes each, joined by two spines. Each leaf hashes a flow to one
 * of the spines, so that each pair of addresses keeps its path.
 *
 * @module
 */

import assert from "node:assert/strict";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { Verdict } from "../../src/diagnosis/report.ts";
import { buildMesh } from "../../src/mesh/mesh.ts";
import {
  increaseBetween,
  isReported,
  parseExposition,
  sourceReports,
} from "../../src/mesh/source_report.ts";
import type { SourceReport } from "../../src/mesh/source_report.ts";
import { sleep, startAgent } from "./agent_process.ts";
import type { AgentProcess } from "./agent_process.ts";
import { makeConfigVolume } from "./config_volume.ts";
import { networkTest } from "./laboratory.ts";
import { connect, loadFirewall, makeNamespace } from "./namespace.ts";
import type { Namespace } from "./namespace.ts";

const nodesPerLeaf = 4;
const windowMs = 15_000;
/** Until what was lost before a change has timed out and is written. */
const settleMs = 3000;

interface FabricNode {
  readonly name: string;
  readonly address: string;
  readonly namespace: Namespace;
}

/** Addresses: node n of leaf l has 10.l.n.2, the leg between leaf l and spine s is 172.16.ls.0/24. */
async function makeFabric(
  parts: AsyncDisposableStack,
): Promise<{ readonly nodes: readonly FabricNode[]; readonly spine: Namespace }> {
  const router = async () => {
    const namespace = parts.use(await makeNamespace());
    for (
      const setting of [
        "net.ipv4.ip_forward=1",
        // By the whole flow; an echo has no ports, which leaves the two addresses.
        "net.ipv4.fib_multipath_hash_policy=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.default.rp_filter=0",
      ]
    ) await namespace.run("sysctl", "-qw", setting);
    return namespace;
  };
  const leaves = [await router(), await router()];
  const spines = [await router(), await router()];
  const nodes: FabricNode[] = [];
  for (const [l, leaf] of leaves.entries()) {
    for (const [s, spine] of spines.entries()) {
      const net = `172.16.${10 * l + s}`;
      await connect(
        { namespace: leaf, device: `spine${s}`, addresses: [`${net}.1/24`] },
        { namespace: spine, device: `leaf${l}`, addresses: [`${net}.2/24`] },
      );
      await spine.run("ip", "route", "add", `10.${l}.0.0/16`, "via", `${net}.1`);
    }
    const hops = spines.flatMap((_, s) => ["nexthop", "via", `172.16.${10 * l + s}.2`]);
    await leaf.run("ip", "route", "add", `10.${1 - l}.0.0/16`, ...hops);
    for (let n = 0; n < nodesPerLeaf; n++) {
      const namespace = parts.use(await makeNamespace());
      const address = `10.${l}.${n}.2`;
      await connect(
        { namespace, device: "eth0", addresses: [`${address}/24`] },
        { namespace: leaf, device: `node${n}`, addresses: [`10.${l}.${n}.1/24`] },
      );
      await namespace.run("ip", "route", "add", "default", "via", `10.${l}.${n}.1`);
      nodes.push({ name: `leaf-${l}-node-${n}`, address, namespace });
    }
  }
  return { nodes, spine: spines[0] as Namespace };
}

async function reportsOf(agents: readonly AgentProcess[]): Promise<readonly SourceReport[]> {
  const texts = await Promise.all(agents.map(({ textfile }) => Deno.readTextFile(textfile)));
  return sourceReports(texts.flatMap((text) => parseExposition(text, isReported)));
}

/** What diagnose makes of the agents' own metrics over a window from now on. */
async function verdictsOf(agents: readonly AgentProcess[]): Promise<readonly Verdict[]> {
  await sleep(settleMs);
  const earlier = new Map((await reportsOf(agents)).map((report) => [report.source, report]));
  await sleep(windowMs);
  const reports = (await reportsOf(agents)).map((report) =>
    increaseBetween(earlier.get(report.source) ?? report, report)
  );
  return diagnose(buildMesh(reports, [], "no textfile")).report.verdicts;
}

networkTest(
  "one of two spines dead, then lossy: one path between the two leaves",
  async (fping) => {
    await using parts = new AsyncDisposableStack();
    const { nodes, spine } = await makeFabric(parts);
    const volume = parts.use(
      await makeConfigVolume(nodes.map(({ name, address }) => ({ name, ipAddress: address }))),
    );
    const agents: AgentProcess[] = [];
    for (const { name, namespace } of nodes) {
      const flags = ["--mesh-degree=full", "--path-mtu-interval=off"];
      const agent = await startAgent({ namespace, config: volume.file, fping, node: name, flags });
      agents.push(parts.use(agent));
    }
    for (const agent of agents) {
      await agent.waitFor(
        "replies of all peers",
        (now) => {
          const received = now.select("nodeping_probes_received_total");
          return received.length === nodes.length - 1 && received.every(({ value }) => value > 0);
        },
        60_000,
      );
    }
    const groups = ["leaf-0", "leaf-1"].map((leaf) =>
      nodes.map(({ name }) => name).filter((name) => name.startsWith(leaf))
    );
    const assertPath = (verdicts: readonly Verdict[], loss: number) => {
      assert.deepEqual(verdicts.map(({ kind }) => kind), ["path"], JSON.stringify(verdicts));
      const [path] = verdicts;
      assert.ok(path?.kind === "path");
      // A node whose pairs all take the other spine may stand in no group.
      path.groups.forEach((group, index) => {
        assert.ok(group.every((name) => groups[index]?.includes(name)), group.join());
      });
      assert.ok(path.lossyPairs < path.pairs, `${path.lossyPairs} of ${path.pairs}`);
      assert.ok(Math.abs(path.loss - loss) < 0.15, `${path.loss}`);
    };
    const drop = (condition: string) =>
      loadFirewall(
        spine,
        `table inet fault { chain forward { type filter hook forward priority 0; ${condition} drop; }; }`,
      );
    assert.deepEqual(await verdictsOf(agents), [], "all well");
    await drop("");
    assertPath(await verdictsOf(agents), 1);
    await spine.run("nft", "delete", "table", "inet", "fault");
    // A packet of four in each direction: 44 % of the round trips whose both ways are by this spine.
    await drop("numgen random mod 100 < 25");
    assertPath(await verdictsOf(agents), 0.4);
    await spine.run("nft", "delete", "table", "inet", "fault");
    assert.deepEqual(await verdictsOf(agents), [], "mended");
  },
);

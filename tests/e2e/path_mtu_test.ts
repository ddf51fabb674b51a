import assert from "node:assert/strict";
import { namesOf } from "../../src/diagnosis/report.ts";
import type { VerdictReport } from "../../src/diagnosis/report.ts";
import { Samples } from "../exposition.ts";
import { agentsOf, allPairs, metricsOf } from "./agents.ts";
import { clusterTest, eventually, kubectl, makeFault, withNamespace } from "./cluster.ts";
import { joinNode } from "./joining.ts";
import { dropLongPackets, passLongPackets, setInterfaceMtu } from "./node_network.ts";
import { withPlugin } from "./plugin.ts";
import type { Nodeping } from "./plugin.ts";
import { deploy, helmDo, releaseName } from "./release.ts";

const fullBytes = 1500;
const smallBytes = 1400;
/** A device of the kernel lets through up to 4 bytes more than its MTU: room for a VLAN tag. */
const slack = 4;

/** A fault, and what metric and verdict must say of it. */
interface Fault {
  readonly make: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
  readonly nodes: readonly string[];
  /** Pairs that are black holes, sorted; all others are none. */
  readonly holes: readonly string[];
}

clusterTest(
  "a small interface and a filter of long packets are named by metric and verdict, and nothing else",
  { image: true, faults: true },
  (helm) =>
    withNamespace("path-mtu", [], async (namespace) => {
      const joined = await joinNode();
      try {
        await eventually(30, () => kubectl("get", "node", `node-${joined}`));
        await kubectl("wait", "--for=condition=Ready", `node/node-${joined}`, "--timeout=60s");
        await deploy(helm, namespace, { nodePing: { pathMtu: { interval: "2s" } } });
        const nodes = (await agentsOf(namespace)).map(({ node }) => node).sort();
        assert.ok(nodes.length >= 4, "a node is named for at least three pairs");
        await withPlugin(helm, namespace, async (nodeping) => {
          await assertNamed(namespace, nodeping, []);
          for (const fault of faultsOf(nodes, `node-${joined}`)) {
            await fault.make();
            try {
              await assertNamed(namespace, nodeping, fault.holes, fault.nodes);
            } finally {
              await fault.mend();
            }
            await assertNamed(namespace, nodeping, []);
          }
        });
      } finally {
        await makeFault("remove-node", joined);
      }
      await helmDo(helm, namespace, "uninstall", releaseName);
    }),
);

function faultsOf(nodes: readonly string[], small: string): readonly Fault[] {
  const [first = "", second = ""] = nodes.filter((node) => node !== small);
  return [
    {
      make: () => setInterfaceMtu(small, smallBytes),
      mend: () => setInterfaceMtu(small, fullBytes),
      nodes: [small],
      // Its own kernel knows: what it sends itself is smaller, and passes.
      holes: nodes.filter((node) => node !== small).map((node) => `${node} ${small}`).sort(),
    },
    {
      make: () => dropLongPackets(first, second, smallBytes),
      mend: () => passLongPackets(first),
      nodes: [first, second],
      holes: allPairs([first, second]),
    },
  ];
}

/** Waits for the metric of every agent, then asks for the verdict once. */
async function assertNamed(
  namespace: string,
  nodeping: Nodeping,
  holes: readonly string[],
  nodes?: readonly string[],
): Promise<void> {
  await eventually(40, async () => {
    const measured = await pathsOf(namespace);
    assert.deepEqual(measured.filter(({ isHole }) => isHole).map(({ pair }) => pair).sort(), holes);
    for (const { pair, bytes, isHole } of measured) {
      const isSmall = bytes >= smallBytes && bytes <= smallBytes + slack;
      const isOfSmall = nodes?.length === 1 && pair.startsWith(`${nodes[0]} `);
      assert.ok(isHole || isOfSmall ? isSmall : bytes === fullBytes, `${pair}: ${bytes} bytes`);
    }
  });
  const { stdout, stderr } = await nodeping(
    "diagnose",
    releaseName,
    "--output=json",
    "--window=8s",
  );
  const { verdicts } = JSON.parse(stdout || "{}") as VerdictReport;
  const named = verdicts?.map((verdict) => [verdict.kind, ...namesOf(verdict)]);
  const expected = nodes === undefined ? [] : [["mtu", ...nodes]];
  assert.deepEqual(named, expected, stdout + stderr);
}

interface MeasuredPath {
  readonly pair: string;
  readonly bytes: number;
  readonly isHole: boolean;
}

async function pathsOf(namespace: string): Promise<readonly MeasuredPath[]> {
  const agents = await agentsOf(namespace);
  const texts = await Promise.all(agents.map((agent) => metricsOf(namespace, agent)));
  const paths = texts.flatMap((text) => {
    const samples = new Samples(text);
    return samples.select("nodeping_path_mtu_bytes").map(({ labels, value }) => ({
      pair: `${labels["source_node"]} ${labels["destination_node"]}`,
      bytes: value,
      isHole: samples.value("nodeping_path_mtu_black_hole", labels) === 1,
    }));
  });
  assert.equal(paths.length, agents.length * (agents.length - 1), "measured pairs");
  return paths;
}

/** The chart makes of any Node object exactly what the sync does; a chart of its own calls its templates. @module */

import assert from "node:assert/strict";
import { parse } from "yaml";
import type { NodeEntry } from "../../src/nodes/node_list.ts";
import { readAddress } from "../../src/nodes/address.ts";
import { clusterNode } from "../../src/kubernetes/nodes.ts";
import type { NodeObject } from "../../src/kubernetes/nodes.ts";
import {
  addressTypes,
  applyNodeRules,
  ipFamilies,
  leavingTaints,
} from "../../src/sync/node_choice.ts";
import type { NodeRules } from "../../src/sync/node_choice.ts";
import { defaultSettings } from "../../src/sync/settings.ts";
import { addressCases } from "../cases/addresses.ts";
import { makeRandom } from "../fakes/random.ts";
import { chart, runHelm, testWithHelms } from "./helm.ts";
import type { Helm } from "./helm.ts";

const parts = ["0", "1", "f", ":", "::", ".", "ffff", "-", "_", "A", " ", "%", "x", "255", "8"];

/** The cases, and as many texts as asked for that are a few characters away from one. */
function drawnTexts(count: number): readonly string[] {
  const random = makeRandom(17);
  const below = (limit: number) => Math.floor(random() * limit);
  const texts = addressCases.map(({ text }) => text);
  return [
    ...texts,
    ...Array.from({ length: count }, () => {
      let text = texts[below(texts.length)] ?? "";
      for (let changes = 1 + below(3); changes > 0; changes--) {
        const at = below(text.length + 1);
        text = text.slice(0, at) + parts[below(parts.length)] + text.slice(at + below(3));
      }
      return text;
    }),
  ];
}

/** The entries that the chart's templates make of Node objects. */
async function entriesOf(
  helm: Helm,
  nodes: readonly unknown[],
  { ipFamily, addressType, excludeTaints }: NodeRules,
): Promise<readonly NodeEntry[]> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/templates`);
    await Deno.writeTextFile(
      `${directory}/Chart.yaml`,
      "apiVersion: v2\nname: a\nversion: 1.0.0\n",
    );
    await Deno.copyFile(`${chart}/templates/_nodes.tpl`, `${directory}/templates/_nodes.tpl`);
    await Deno.writeTextFile(
      `${directory}/templates/list.yaml`,
      'list: {{ include "nodeping.entriesOfNodes" .Values | toJson }}\n',
    );
    const rules = {
      requirements: [],
      families: ipFamily === "dual" ? ["ipv4", "ipv6"] : [ipFamily],
      leavingTaints: [...leavingTaints, ...excludeTaints],
      types: [...new Set([addressType, ...addressTypes])],
    };
    await Deno.writeTextFile(`${directory}/values.yaml`, JSON.stringify({ nodes, rules }));
    const { code, stdout, stderr } = await runHelm(helm, ["template", "a", directory]);
    assert.equal(code, 0, stderr);
    return JSON.parse((parse(stdout) as { list: string }).list);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** As an agent reads it: the chart leaves other spellings of an IPv6 address to it. */
function canonical(entries: readonly NodeEntry[]): readonly NodeEntry[] {
  return entries.map((entry) => {
    const address = readAddress(entry.ipAddress);
    return {
      ...entry,
      ipAddress: "text" in address ? address.text : `no address: ${entry.ipAddress}`,
    };
  });
}

async function assertSame(
  helm: Helm,
  nodes: readonly NodeObject[],
  rules: NodeRules,
): Promise<void> {
  const made = applyNodeRules(nodes.map(clusterNode), rules).entries;
  assert.ok(made.length > nodes.length / 10, `${made.length} entries`);
  const found = canonical(await entriesOf(helm, nodes, rules));
  const byName = (entries: readonly NodeEntry[]) => Map.groupBy(entries, ({ name }) => name);
  const [ofSync, ofChart] = [byName(made), byName(found)];
  for (const node of nodes) {
    const name = node.metadata?.name ?? "";
    const what = `${JSON.stringify(rules)}: ${JSON.stringify(node)}`;
    assert.deepEqual(ofChart.get(name), ofSync.get(name), what);
  }
}

testWithHelms(
  "the chart reads 2,000 texts as addresses, or not, as the sync does",
  async (helm) => {
    const nodes = drawnTexts(2_000).map((address, index) => ({
      metadata: { name: `n${index}` },
      spec: {},
      status: { addresses: [{ type: "InternalIP", address }] },
    }));
    for (const ipFamily of ipFamilies) {
      await assertSame(helm, nodes, {
        ...defaultSettings,
        ipFamily,
      });
    }
  },
);

/** Node objects with a few addresses of any type and family, and marks that count and that do not. */
function drawnNodes(count: number): readonly NodeObject[] {
  const random = makeRandom(18);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const some = <T>(chance: number, value: T): T | Record<never, never> =>
    random() < chance ? value : {};
  const few = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, make);
  const types = [...addressTypes, "InternalIP", "InternalDNS", "internalip", ""];
  const taints = [...leavingTaints, "example.com/repair", "node.kubernetes.io/unschedulable"];
  return Array.from({ length: count }, (_, index) => ({
    metadata: {
      name: `n${index}`,
      ...some(0.8, { labels: { "topology.kubernetes.io/zone": pick(["a", "b", ""]), pool: "a" } }),
      ...some(0.3, { annotations: { "nodeping/exclude": pick(["true", "false", "True", ""]) } }),
      ...some(0.05, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    spec: {
      ...some(0.3, { unschedulable: random() < 0.5 }),
      ...some(0.2, { taints: few(2, () => ({ key: pick(taints), effect: "NoSchedule" })) }),
    },
    status: {
      ...some(0.9, {
        addresses: few(4, () => ({ type: pick(types), address: pick(addressCases).text })),
      }),
      ...some(0.3, {
        conditions: few(2, () => ({
          type: pick(["Ready", "Terminating"]),
          status: pick(["True", "False", "Unknown"]),
        })),
      }),
    },
  }));
}

testWithHelms("the chart lists of 2,000 Node objects what the sync does", async (helm) => {
  const nodes = drawnNodes(2_000);
  for (const addressType of addressTypes) {
    for (const ipFamily of ipFamilies) {
      const excludeTaints = ["example.com/repair"];
      await assertSame(helm, nodes, { addressType, ipFamily, excludeTaints });
    }
  }
});

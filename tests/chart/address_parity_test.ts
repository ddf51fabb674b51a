/** The chart reads any text as an address exactly as sync and agent do; a chart of its own calls it. @module */

import assert from "node:assert/strict";
import { parse } from "yaml";
import type { NodeEntry } from "../../src/nodes/node_list.ts";
import { readAddress } from "../../src/nodes/address.ts";
import { clusterNode } from "../../src/kubernetes/nodes.ts";
import { applyNodeRules } from "../../src/sync/node_choice.ts";
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
  families: readonly string[],
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
      ...{ families, requirements: [], leavingTaints: [] },
      types: ["InternalIP", "ExternalIP", "Hostname"],
    };
    await Deno.writeTextFile(`${directory}/values.yaml`, JSON.stringify({ nodes, rules }));
    const { code, stdout, stderr } = await runHelm(helm, ["template", "a", directory]);
    assert.equal(code, 0, stderr);
    return JSON.parse((parse(stdout) as { list: string }).list);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

testWithHelms(
  "the chart reads 2,000 texts as addresses, or not, as the sync does",
  async (helm) => {
    const texts = drawnTexts(2_000);
    const nodes = texts.map((address, index) => ({
      metadata: { name: `n${index}` },
      spec: {},
      status: { addresses: [{ type: "InternalIP", address }] },
    }));
    for (const ipFamily of ["ipv4", "ipv6", "dual"] as const) {
      const families = ipFamily === "dual" ? ["ipv4", "ipv6"] : [ipFamily];
      const settings = { ...defaultSettings, ipFamily };
      const made = new Map(
        applyNodeRules(nodes.map(clusterNode), settings).entries
          .map(({ name, ipAddress }) => [name, ipAddress]),
      );
      assert.ok(made.size > texts.length / 10, `${made.size} addresses`);
      // The chart leaves other spellings of an IPv6 address to the agents.
      const found = new Map((await entriesOf(helm, nodes, families)).map(({ name, ipAddress }) => {
        const address = readAddress(ipAddress);
        return [name, "text" in address ? address.text : `${address.kind}: ${ipAddress}`];
      }));
      for (
        const { metadata: { name }, status: { addresses: [{ address } = { address: "" }] } }
          of nodes
      ) {
        assert.equal(found.get(name), made.get(name), `${ipFamily}: ${JSON.stringify(address)}`);
      }
    }
  },
);

import assert from "node:assert/strict";
import { clusterNode } from "../kubernetes/nodes.ts";
import type { NodeObject } from "../kubernetes/nodes.ts";
import { parseNodeList } from "../nodes/node_list_parser.ts";
import { addressTypes, applyNodeRules, ipFamilies } from "./node_choice.ts";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";

const names = ["node-1", "node-2.example", "NODE_3"];
const addresses = ["10.0.0.1", "fd00::1", "host.example", "fe80::1%eth0", "010.0.0.1"];

/** A Node object as an API server might give it, with texts that no one foresaw. */
function strangeNode(random: () => number): NodeObject {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const text = (of: readonly string[]) => random() < 0.5 ? pick(of) : mutated(pick(of), random);
  return {
    metadata: {
      name: text(names),
      labels: { "topology.kubernetes.io/zone": text(["zone-a", ""]) },
      annotations: { "nodeping/exclude": text(["true", "false"]) },
    },
    spec: { unschedulable: random() < 0.3 },
    status: {
      addresses: Array.from({ length: Math.floor(random() * 4) }, () => ({
        type: pick([...addressTypes, "InternalDNS"]),
        address: text(addresses),
      })),
    },
  };
}

Deno.test("applyNodeRules() writes only lists that every agent takes, from 10,000 strange nodes", () => {
  const random = makeRandom(5);
  let chosen = 0;
  for (let round = 0; round < 2_000; round++) {
    const nodes = Array.from({ length: 5 }, () => clusterNode(strangeNode(random)));
    const addressType = addressTypes[round % addressTypes.length]!;
    const ipFamily = ipFamilies[round % ipFamilies.length]!;
    const { entries, leftOut } = applyNodeRules(nodes, {
      addressType,
      ipFamily,
      excludeTaints: [],
    });
    const text = JSON.stringify(entries);
    const result = parseNodeList(text);
    assert.equal(result.kind, "valid", `${text}: ${JSON.stringify(result)}`);
    const named = new Set([...entries, ...leftOut].map(({ name }) => name));
    for (const { name } of nodes) assert.ok(named.has(name), `${name} is neither in nor left out`);
    chosen += entries.length;
  }
  assert.ok(chosen > 1_000, `${chosen} entries`);
});

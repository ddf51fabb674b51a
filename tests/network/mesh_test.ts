/** A sampled mesh: the real agent probes whom it has chosen, and keeps count of who stays. @module */

import assert from "node:assert/strict";
import { chooseNodes } from "../../src/targets/destination.ts";
import type { Samples } from "../exposition.ts";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest } from "./laboratory.ts";

const degree = 16;
const sent = "nodeping_probes_sent_total";

/** 30 nodes, each of them with an address of both families. */
const nodes = Array.from({ length: 30 }, (_, n) => n).flatMap((n) => [
  { name: `node-${n}`, ipAddress: `10.77.0.${n + 1}`, zone: `zone-${n % 3}` },
  { name: `node-${n}`, ipAddress: `fd77::${n + 1}`, zone: `zone-${n % 3}` },
]);

networkTest("an agent of a sampled mesh probes whom it has chosen", async (fping) => {
  const external_targets = [{ name: "gateway", host: "10.77.0.99" }];
  await using laboratory = await makeLaboratory({
    fping,
    nodes: { cluster_targets: nodes, external_targets },
    node: "node-0",
    flags: ["--mesh-degree", `${degree}`],
  });
  const { agent, responder, volume } = laboratory;
  const chosen = chooseNodes(nodes, "node-0", degree);
  const before = await agent.waitFor(
    "five probes of all",
    (now) => now.select(sent).length > 0 && now.select(sent).every(({ value }) => value >= 5),
  );
  assert.deepEqual(probedNodes(before), [...chosen].sort());
  assert.equal(before.select(sent, { destination_kind: "node" }).length, 2 * degree);
  assert.equal(before.value("nodeping_agent_mesh_degree"), degree);
  assert.equal(before.value("nodeping_agent_targets"), 2 * degree + 1);
  const probed = (await responder.records()).entries().map(([address]) => address).sort();
  assert.deepEqual(
    probed,
    nodes.filter(({ name }) => chosen.has(name)).map(({ ipAddress }) => ipAddress)
      .concat("10.77.0.99").sort(),
    "what is on the wire",
  );

  const [gone = ""] = chosen;
  const left = nodes.filter(({ name }) => name !== gone);
  await volume.swap({ cluster_targets: left, external_targets });
  const after = await agent.waitFor(
    "another choice",
    (now) => now.select(sent).length > 0 && !probedNodes(now).includes(gone),
    4000,
  );
  const chosenAnew = chooseNodes(left, "node-0", degree);
  assert.deepEqual(probedNodes(after), [...chosenAnew].sort());
  assert.equal(chosenAnew.difference(chosen).size, 1, "one for one");
  for (const { labels, value } of before.select(sent)) {
    if (labels["destination_node"] === gone) continue;
    assert.ok((after.value(sent, labels) ?? 0) >= value, `${labels["destination_address"]}`);
  }

  await sleep(2500);
  const end = await agent.samples();
  assert.equal(end.sum("nodeping_probes_received_total"), end.sum(sent), "nothing was lost");
});

function probedNodes(samples: Samples): readonly string[] {
  const names = samples.select(sent, { destination_kind: "node" })
    .map(({ labels }) => labels["destination_node"] ?? "");
  return [...new Set(names)].sort();
}

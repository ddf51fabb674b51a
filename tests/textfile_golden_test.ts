/**
 * The textfile and the help, byte for byte. Where a change is meant, `deno task generate` writes the
 * files anew; look at the difference before you commit.
 *
 * @module
 */

import assert from "node:assert/strict";
import { agentHelp } from "../src/agent/settings.ts";
import { families } from "../src/metrics/families.ts";
import { flantFamilies } from "../src/metrics/flant.ts";
import { Samples } from "./exposition.ts";
import { everything, goldenExposition, goldenList, plain } from "./golden_state.ts";

async function assertGolden(name: string, text: string): Promise<void> {
  const golden = await Deno.readTextFile(new URL(`testdata/${name}`, import.meta.url));
  assert.equal(text, golden, `${name}: where that is meant, run deno task generate`);
}

function familyNames(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name);
}

Deno.test("the textfile is as the golden file has it", async () => {
  await assertGolden("textfile.prom", await goldenExposition(plain));
});

Deno.test("the textfile with all that can be asked for is as the golden file has it", async () => {
  await assertGolden("textfile-everything.prom", await goldenExposition(everything));
});

Deno.test("the help of nodeping agent is as the golden file has it", async () => {
  await assertGolden("agent-help.txt", agentHelp());
});

Deno.test("the textfile has every family of the list, once and in its order", async () => {
  const names = Object.values(families).map(({ name }) => name);
  const all = [...names, ...flantFamilies.map(({ name }) => name)];
  assert.deepEqual(familyNames(await goldenExposition(everything)), all);
  assert.deepEqual(
    familyNames(await goldenExposition(plain)),
    names.filter((name) => name !== families.pairRttDistribution.name),
  );
});

Deno.test("each sample has the labels of its family, and the zones that are known", async () => {
  const samples = new Samples(await goldenExposition(everything));
  for (const { name, type, labels } of [...Object.values(families), ...flantFamilies]) {
    const lines = samples.all.filter((sample) =>
      type === "histogram"
        ? ["_bucket", "_sum", "_count"].some((end) => sample.name === name + end)
        : sample.name === name
    );
    assert.ok(lines.length > 0, name);
    for (const sample of lines) {
      const own = Object.keys(sample.labels).filter((label) =>
        !["source_zone", "destination_zone", "le"].includes(label)
      );
      assert.deepEqual(own.sort(), [...labels].sort(), name);
    }
  }
});

Deno.test("quotes, backslashes and characters of any script survive in label values", async () => {
  const samples = new Samples(await goldenExposition(everything));
  const [gateway] = goldenList.external_targets;
  assert.equal(
    samples.value("nodeping_probes_sent_total", { destination_node: gateway?.name ?? "" }),
    120,
  );
  assert.equal(
    samples.value("external_ping_packets_sent_total", { destination_name: gateway?.name ?? "" }),
    120,
  );
  const zone = goldenList.cluster_targets[3]?.zone ?? "";
  assert.equal(samples.select("nodeping_probes_sent_total", { destination_zone: zone }).length, 1);
});

Deno.test("what was never answered has no smallest, largest and deviation, rather than 0", async () => {
  const samples = new Samples(await goldenExposition(everything));
  for (const address of ["10.0.0.4", "example.org"]) {
    const labels = { destination_address: address };
    assert.equal(samples.value("nodeping_probes_received_total", labels), 0);
    for (const what of ["min", "max", "stddev"]) {
      assert.equal(samples.value(`nodeping_rtt_${what}_seconds`, labels), undefined);
    }
    const older = { destination_node_ip_address: address };
    for (const what of ["min", "max", "mdev"]) {
      assert.equal(samples.value(`kube_node_ping_rtt_${what}`, older), undefined);
    }
  }
});

Deno.test("the histograms add up to what was received", async () => {
  const samples = new Samples(await goldenExposition(everything));
  const received = samples.sum("nodeping_probes_received_total", { destination_kind: "node" });
  assert.equal(samples.sum("nodeping_rtt_distribution_seconds_count"), received);
  assert.equal(samples.sum("nodeping_rtt_distribution_seconds_bucket", { le: "+Inf" }), received);
  assert.equal(
    samples.sum("nodeping_pair_rtt_distribution_seconds_count"),
    samples.sum("nodeping_probes_received_total"),
  );
});

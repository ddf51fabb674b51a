/** The agent's own node in trouble: it cannot measure, cannot send, or is stopped. @module */

import assert from "node:assert/strict";
import type { Samples } from "../exposition.ts";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";
import { loadFirewall, refuseOutputTo } from "./namespace.ts";

const [one, two] = ["10.77.0.2", "10.77.0.3"] as const;

networkTest(
  "requests that the kernel refuses are send failures, told from lost ones",
  async (fping) => {
    await using laboratory = await makeLaboratory({ fping, nodes: nodesAt([one, two]) });
    const { agent, namespace, responder } = laboratory;
    await agent.waitFor("probes", (now) => of(now, "nodeping_probes_received_total", two) > 2);
    await loadFirewall(namespace, refuseOutputTo(two));
    await sleep(2000);
    await namespace.run("nft", "flush", "ruleset");
    await sleep(5500);
    const samples = await agent.samples();
    const records = await responder.records();
    const failures = of(samples, "nodeping_send_failures_total", two);
    assert.ok(failures >= 3 && failures <= 5, `${failures} refused in 2 s`);
    const sent = of(samples, "nodeping_probes_sent_total", two);
    const received = of(samples, "nodeping_probes_received_total", two);
    assert.equal(sent, received + failures, "nothing else is lost");
    assert.ok(received <= records.of(two).replies.length);
    assert.ok(received >= records.of(two).replies.length - 8, "the rest is still settling");
    assert.equal(of(samples, "nodeping_send_failures_total", one), 0);
    assert.equal(
      of(samples, "nodeping_probes_sent_total", one),
      of(samples, "nodeping_probes_received_total", one),
    );
  },
  ["5.1", "5.5"],
);

networkTest(
  "an agent that never gets a reply cannot measure, which is not loss",
  async (fping) => {
    await using laboratory = await makeLaboratory({
      fping,
      nodes: nodesAt([one, two]),
      prepare: (namespace) =>
        loadFirewall(
          namespace,
          `table inet noReplies { chain in { type filter hook input priority 0;
           meta l4proto { icmp, ipv6-icmp } drop; }; }`,
        ),
    });
    const { agent, namespace } = laboratory;
    await sleep(5000);
    const noReplies = await agent.samples();
    assert.equal(noReplies.value("nodeping_agent_measuring"), 0);
    assert.equal(noReplies.sum("nodeping_probes_sent_total"), 0);
    await agent.waitForLog(/level=(warn|error).*measur/i);
    await namespace.run("nft", "flush", "ruleset");
    const repliesAgain = await agent.waitFor(
      "measuring",
      (now) =>
        now.value("nodeping_agent_measuring") === 1 &&
        now.sum("nodeping_probes_received_total") > 4,
      30_000,
    );
    assert.equal(
      repliesAgain.sum("nodeping_probes_sent_total"),
      repliesAgain.sum("nodeping_probes_received_total"),
    );
  },
);

networkTest("an agent that is stopped for 5 s invents no loss", async (fping) => {
  const addresses = Array.from(
    { length: 1000 },
    (_, n) => `10.77.${1 + (n >> 7)}.${1 + (n & 127)}`,
  );
  await using laboratory = await makeLaboratory({ fping, nodes: nodesAt(addresses) });
  const { agent } = laboratory;
  await agent.waitFor("probes", (now) => now.sum("nodeping_probes_received_total") > 2000);
  Deno.kill(agent.pid, "SIGSTOP");
  await sleep(5000);
  Deno.kill(agent.pid, "SIGCONT");
  const thawed = await agent.samples();
  const samples = await agent.waitFor(
    "probes again",
    (now) =>
      now.sum("nodeping_probes_received_total") >
        thawed.sum("nodeping_probes_received_total") + 14_000,
    15_000,
  );
  assert.equal(
    samples.sum("nodeping_probes_sent_total"),
    samples.sum("nodeping_probes_received_total"),
  );
  assert.equal(samples.sum("nodeping_duplicates_total"), 0);
  assert.equal(samples.sum("nodeping_agent_unparsed_lines_total"), 0);
});

networkTest(
  "an external host name is resolved by the agent, a failing one concerns only itself",
  async (fping) => {
    const hosts = (name: string) => `/etc/netns/${name}`;
    let directory = "";
    try {
      await using laboratory = await makeLaboratory({
        fping,
        nodes: {
          cluster_targets: nodesAt([one]),
          external_targets: [{ host: "good.example", name: "good" }, { host: "bad.invalid" }],
        },
        prepare: async ({ name }) => {
          directory = hosts(name); // ip netns exec lays these files over /etc
          await Deno.mkdir(directory, { recursive: true });
          await Deno.writeTextFile(`${directory}/hosts`, `${two} good.example\n`);
          await Deno.writeTextFile(`${directory}/resolv.conf`, "nameserver 10.77.0.53\n");
        },
      });
      const { agent, responder } = laboratory;
      const samples = await agent.waitFor(
        "probes of all that resolve",
        (now) =>
          of(now, "nodeping_probes_received_total", "good.example") > 2 &&
          of(now, "nodeping_probes_received_total", one) > 2,
      );
      assert.equal(
        samples.select("nodeping_probes_sent_total", { destination_node: "good" }).length,
        1,
      );
      assert.equal(of(samples, "nodeping_probes_received_total", "bad.invalid"), 0);
      assert.ok((await responder.records()).of(two).requests.length > 2);
      await agent.waitFor(
        "the failure",
        (now) => now.sum("nodeping_agent_resolution_failures_total") > 0,
        25_000,
      );
      await agent.waitForLog(/bad\.invalid/);
    } finally {
      if (directory !== "") {
        await Deno.remove(directory, { recursive: true });
      }
    }
  },
);

function of(samples: Samples, name: string, destination_address: string): number {
  return samples.value(name, { destination_address }) ?? 0;
}

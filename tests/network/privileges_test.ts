/** The agent without the capability NET_RAW: ping sockets, or a word on what to do. @module */

import assert from "node:assert/strict";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";
import type { Laboratory } from "./laboratory.ts";

const [answers, silent, six] = ["10.77.0.2", "10.77.0.3", "fd77::2"] as const;

networkTest("without NET_RAW and ping sockets the log says what to do", async (fping) => {
  await using laboratory = await makeWithoutRawSockets(fping, "1 0");
  const { agent } = laboratory;
  await agent.waitForLog(/level=error.*NET_RAW.*ping_group_range/);
  const samples = await agent.waitFor("a file", (now) => now.all.length > 0);
  assert.equal(samples.value("nodeping_agent_measuring"), 0);
  assert.equal(samples.sum("nodeping_probes_sent_total"), 0);
}, ["5.1", "5.5"]);

networkTest(
  "ping sockets measure the same, or the agent says that it cannot",
  async (fping, version) => {
    await using laboratory = await makeWithoutRawSockets(fping, "0 65535");
    const { agent } = laboratory;
    if (version === "5.1") {
      await agent.waitForLog(/level=error.*5\.1 receives nothing.*NET_RAW/);
      const samples = await agent.samples();
      assert.equal(samples.value("nodeping_agent_measuring"), 0);
      assert.equal(samples.sum("nodeping_probes_sent_total"), 0, "which is not loss");
      return;
    }
    await agent.waitFor("probes", (now) => now.sum("nodeping_probes_sent_total") > 30, 12_000);
    const samples = await agent.samples();
    const count = (what: string, destination_address: string) =>
      samples.value(`nodeping_probes_${what}_total`, { destination_address });
    for (const address of [answers, six]) {
      assert.equal(
        count("sent", address),
        count("received", address),
      );
    }
    assert.ok((count("sent", silent) ?? 0) > 8);
    assert.equal(count("received", silent), 0);
    const ids = new Set(
      (await laboratory.responder.records()).of(answers).requests.map(({ id }) => id),
    );
    const [pid = 0] = agent.fpings();
    assert.ok(ids.size === 1 && !ids.has(pid & 0xffff), "the kernel chose the identifier");
  },
  ["5.1", "5.5"],
);

networkTest(
  "a node that can reach nobody has send failures, which are not silence",
  async (fping) => {
    await using laboratory = await makeLaboratory({ fping, nodes: nodesAt([answers, six]) });
    const { agent, namespace } = laboratory;
    await agent.waitFor("probes", (now) => now.sum("nodeping_probes_received_total") > 4);
    await namespace.run("ip", "link", "set", "ping0", "down");
    await sleep(5000);
    const samples = await agent.waitFor(
      "send failures",
      (now) => now.sum("nodeping_send_failures_total", { destination_address: answers }) >= 4,
    );
    assert.equal(samples.sum("nodeping_agent_fping_restarts_total"), 0);
    assert.equal(samples.value("nodeping_agent_measuring"), 1);
  },
);

/** As the image's pods are: no NET_RAW in the bounding set, fping without file capabilities. */
async function makeWithoutRawSockets(fping: string, pingGroups: string): Promise<Laboratory> {
  const directory = await Deno.makeTempDir({ prefix: "np-plain-" });
  const plain = `${directory}/fping`;
  await Deno.copyFile(fping, plain);
  await Deno.chmod(plain, 0o755);
  const laboratory = await makeLaboratory({
    fping: plain,
    nodes: nodesAt([answers, silent, six]),
    script: { [silent]: [{ action: { kind: "drop" } }] },
    flags: ["--sockets", "ping"],
    under: ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"],
    prepare: (namespace) =>
      namespace.run("sh", "-c", `echo ${pingGroups} > /proc/sys/net/ipv4/ping_group_range`),
  });
  return {
    ...laboratory,
    [Symbol.asyncDispose]: async () => {
      await laboratory[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Replies that are somebody else's must never make a destination look alive. @module */

import assert from "node:assert/strict";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";
import type { Laboratory } from "./laboratory.ts";

const [alive, dead, foreign] = ["10.77.0.2", "10.77.0.30", "10.77.0.40"] as const;

networkTest("replies from another address are no success", async (fping, version) => {
  await using laboratory = await makeLaboratory({
    fping,
    nodes: nodesAt([alive, dead]),
    script: { [dead]: [{ action: { kind: "reply", delaysMs: [0], from: foreign } }] },
  });
  const { agent } = laboratory;
  if (version === "5.1") {
    await agent.waitFor(
      "wrong source and a restart",
      (now) =>
        now.sum("nodeping_agent_wrong_source_total") > 0 &&
        now.sum("nodeping_agent_fping_restarts_total", { reason: "wrong_source" }) > 0,
    );
  }
  await sleep(2500);
  const samples = await agent.samples();
  assert.equal(samples.value("nodeping_probes_received_total", { destination_address: dead }), 0);
}, ["5.1", "5.5"]);

networkTest(
  "another fping with the same ICMP identifier invents no success",
  async (fping, version) => {
    await using laboratory = await makeLaboratory({
      fping,
      nodes: nodesAt([alive, dead]),
      script: { [dead]: [{ action: { kind: "drop" } }] },
    });
    const { agent } = laboratory;
    await agent.waitFor("probes", (now) => now.sum("nodeping_probes_received_total") > 3);
    const [pid = 0] = agent.fpings();
    const other = startWithPid(laboratory, fping, pid & 0xffff);
    try {
      await sleep(6000);
      const { requests } = (await laboratory.responder.records()).of(foreign);
      assert.ok(requests.length > 20, "the other runs");
      assert.equal(requests[0]?.id, pid & 0xffff, "the identifiers collide");
      const samples = await agent.samples();
      const received = (destination_address: string) =>
        samples.value("nodeping_probes_received_total", { destination_address }) ?? 0;
      assert.equal(received(dead), 0);
      assert.ok(received(alive) > 5);
      if (version === "5.1") assert.ok(samples.sum("nodeping_agent_wrong_source_total") > 0);
    } finally {
      other.kill("SIGKILL");
      await other.status;
    }
  },
  ["5.1", "5.5"],
);

/** Runs fping under a process id of our choice, as containers with their own ids do. */
function startWithPid({ namespace }: Laboratory, fping: string, pid: number): Deno.ChildProcess {
  // far ahead in fping's own sequence: it began long before
  const ping = `"${fping}" -l -D -p 20 -t 1000 -i 1 ${foreign} > /dev/null 2>&1`;
  const script = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; ${ping} & wait`;
  const [program = "", ...args] = namespace.inside(
    ...["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script],
  );
  return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
}

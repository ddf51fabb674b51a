/** fping killed, frozen, failing, missing or talking nonsense: the agent says so and recovers. @module */

import assert from "node:assert/strict";
import type { Samples } from "../exposition.ts";
import { sleep } from "./agent_process.ts";
import type { AgentProcess } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";

const addresses = ["10.77.0.2", "10.77.0.3", "fd77::2"] as const;
const nodes = nodesAt(addresses);
const slow = { "10.77.0.3": [{ action: { kind: "reply", delaysMs: [300] } }] } as const;

networkTest("a killed fping is started again and no loss is invented", async (fping) => {
  await using laboratory = await makeLaboratory({ fping, nodes, script: slow });
  const { agent } = laboratory;
  await agent.waitFor("probes", (now) => received(now) > 5);
  const [killed = 0] = agent.fpings();
  Deno.kill(killed, "SIGKILL");
  const restarted = await agent.waitFor("the restart", (now) => restarts(now, "exited") === 1);
  await agent.waitFor("probes again", (now) => received(now) > received(restarted) + 5);
  await agent.waitForLog(/level=(warn|error).*fping/i);
  assert.notDeepEqual(agent.fpings(), [killed]);
  await assertNothingInvented(agent);
}, ["5.1", "5.5"]);

for (const [seconds, respawned] of [[2, false], [25, true]] as const) {
  networkTest(`fping frozen for ${seconds} s recovers and no loss is invented`, async (fping) => {
    await using laboratory = await makeLaboratory({ fping, nodes, script: slow });
    const { agent } = laboratory;
    await agent.waitFor("probes", (now) => received(now) > 5);
    const [frozen = 0] = agent.fpings();
    const frozenAt = performance.now();
    Deno.kill(frozen, "SIGSTOP");
    if (respawned) {
      const now = await agent.waitFor("the restart", (now) => restarts(now, "silent") > 0, 6000);
      await agent.waitFor("probes again", (later) => received(later) > received(now) + 5, 6000);
      assert.ok(!agent.fpings().includes(frozen), "the frozen one is gone");
    }
    if (!respawned) {
      await sleep(frozenAt + 1000 * seconds - performance.now());
      if (agent.fpings().includes(frozen)) Deno.kill(frozen, "SIGCONT");
    }
    const thawed = await agent.samples();
    await agent.waitFor("probes again", (now) => received(now) > received(thawed) + 10);
    await assertNothingInvented(agent);
  });
}

networkTest("an fping that exits 4 is tried again until it runs", async (fping) => {
  await using fake = await makeFake(
    fping,
    (real, count) =>
      `[ $(${count}) -le 2 ] && { echo "fping: can't create socket (must run as root?)" >&2; exit 4; }
     exec ${real} "$@"`,
  );
  await using laboratory = await makeLaboratory({ fping: fake.path, nodes });
  const { agent } = laboratory;
  await agent.waitForLog(/can't create socket/);
  const failing = await agent.waitFor("a restart", (now) => restarts(now, "exited") >= 1);
  assert.equal(failing.value("nodeping_agent_measuring"), 0, "it cannot measure");
  assert.equal(failing.sum("nodeping_probes_sent_total"), 0, "which is not loss");
  await agent.waitFor("probes", (now) => received(now) > 5, 15_000);
  await assertNothingInvented(agent);
});

networkTest("rubbish and half lines are counted and change no result", async (fping) => {
  await using fake = await makeFake(
    fping,
    (real) =>
      `printf 'rubbish\\n[1795401810.2\\n\\377\\376\\000binary\\n[1.5] 10.9.9.9 : [0], timed out (NaN avg, 100%% loss)\\n'
     head -c 300000 /dev/zero | tr '\\0' x
     echo
     printf '[1795401810.21675] 10.77.0.2 : [0], 64 by'; echo
     exec ${real} "$@"`,
  );
  await using laboratory = await makeLaboratory({ fping: fake.path, nodes });
  const { agent } = laboratory;
  await agent.waitFor("probes", (now) => received(now) > 10);
  const samples = await assertNothingInvented(agent);
  assert.ok(samples.sum("nodeping_agent_unparsed_lines_total") >= 5);
  assert.equal(
    samples.select("nodeping_probes_sent_total", { destination_address: "10.9.9.9" }).length,
    0,
  );
});

networkTest("an fping that ends in the middle of a line is started again", async (fping) => {
  await using fake = await makeFake(
    fping,
    (real, count) =>
      `[ $(${count}) -gt 1 ] && exec ${real} "$@"
     ${real} "$@" | head -c 1000`,
  );
  await using laboratory = await makeLaboratory({ fping: fake.path, nodes });
  const { agent } = laboratory;
  await agent.waitFor("a restart", (now) => restarts(now) === 1, 12_000);
  const restarted = await agent.samples();
  await agent.waitFor("probes", (now) => received(now) > received(restarted) + 5);
  const samples = await assertNothingInvented(agent);
  assert.ok(samples.sum("nodeping_agent_unparsed_lines_total") <= 1);
});

networkTest("a missing fping is said, and taken up when it comes", async (fping) => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/fping`;
    await using laboratory = await makeLaboratory({ fping: path, nodes });
    const { agent } = laboratory;
    await agent.waitForLog(/level=(warn|error).*fping/);
    const missing = await agent.waitFor("a file", (now) => now.all.length > 0);
    assert.equal(missing.value("nodeping_agent_measuring"), 0);
    assert.equal(missing.sum("nodeping_probes_sent_total"), 0);
    await Deno.symlink(fping, path);
    await agent.waitFor("probes", (now) => received(now) > 5, 20_000);
    await assertNothingInvented(agent);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

function received(samples: Samples): number {
  return samples.sum("nodeping_probes_received_total");
}

function restarts(samples: Samples, reason?: string): number {
  return samples.sum("nodeping_agent_fping_restarts_total", reason === undefined ? {} : { reason });
}

/** Every destination answers everything: whatever is lost was invented. Returns the last file. */
async function assertNothingInvented(agent: AgentProcess): Promise<Samples> {
  await sleep(2500); // until a request under way at the fault would have timed out
  const samples = await agent.samples();
  for (const destination_address of addresses) {
    const [sent, received] = ["sent", "received"].map((what) =>
      samples.value(`nodeping_probes_${what}_total`, { destination_address })
    );
    assert.equal(sent, received, `loss of ${destination_address}`);
    assert.ok((received ?? 0) > 0);
    assert.equal(samples.value("nodeping_send_failures_total", { destination_address }), 0);
  }
  assert.equal(samples.value("nodeping_agent_measuring"), 1);
  return samples;
}

/**
 * An executable that stands for fping: it answers questions for version and help as the real one,
 * and probes by the given shell text, which gets the real one and a command that prints how often
 * it was started.
 */
async function makeFake(
  fping: string,
  body: (real: string, count: string) => string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await Deno.makeTempDir({ prefix: "np-fake-" });
  const path = `${directory}/fping`;
  const count = `echo x >> ${directory}/starts; wc -l < ${directory}/starts`;
  const script = `#!/bin/sh
case "$1" in --version|-v|--help|-h) exec ${fping} "$@";; esac
${body(fping, count)}
`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }) };
}

/** The textfile's directory and the node list missing, full or read-only. @module */

import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Samples } from "../exposition.ts";
import { sleep } from "./agent_process.ts";
import { makeLaboratory, networkTest, nodesAt } from "./laboratory.ts";

const nodes = nodesAt(["10.77.0.2", "10.77.0.3"]);

networkTest("a read-only textfile directory is said, counted and got over", async (fping) => {
  await using disk = await makeDisk();
  await using laboratory = await makeLaboratory({ fping, nodes, textfileDirectory: disk.path });
  const { agent } = laboratory;
  await agent.waitFor("probes", (now) => received(now) > 2);
  await disk.mount("remount,ro");
  await agent.waitForLog(/level=(warn|error).*[Rr]ead-only/);
  const stale = await agent.samples();
  await disk.mount("remount,rw");
  await agent.waitFor(
    "a newer file with the failure",
    (now) => writeErrors(now) > 0 && received(now) > received(stale),
  );
  await assertNoLoss(await agent.samples());
});

networkTest("a full textfile directory is said, counted and got over", async (fping) => {
  await using disk = await makeDisk();
  await using laboratory = await makeLaboratory({ fping, nodes, textfileDirectory: disk.path });
  const { agent } = laboratory;
  await agent.waitFor("probes", (now) => received(now) > 2);
  const ballast = `${disk.path}/ballast`;
  await fill(ballast);
  await agent.waitForLog(/level=(warn|error).*([Nn]o space|space left)/);
  await sleep(1500);
  const names = [...Deno.readDirSync(disk.path)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["ballast", "node-ping_here.prom"], "no temporary file stays");
  const stale = await agent.samples();
  assert.ok(stale.all.length > 20, "the last good file is whole");
  await Deno.remove(ballast);
  await agent.waitFor(
    "a newer file with the failure",
    (now) => writeErrors(now) > 0 && received(now) > received(stale),
  );
  await assertNoLoss(await agent.samples());
});

networkTest("a missing textfile directory is said, counted and got over", async (fping) => {
  const parent = await Deno.makeTempDir();
  const directory = `${parent}/textfiles`;
  try {
    await using laboratory = await makeLaboratory({ fping, nodes, textfileDirectory: directory });
    const { agent } = laboratory;
    await agent.waitForLog(new RegExp(`level=(warn|error).*${directory}`));
    await sleep(1200);
    await Deno.mkdir(directory);
    await agent.waitFor("a file with the failure", (now) => writeErrors(now) > 0);
    await Deno.remove(directory, { recursive: true });
    await sleep(1500);
    await Deno.mkdir(directory);
    await agent.waitFor("a file again", (now) => received(now) > 2);
    await assertNoLoss(await agent.samples());
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

networkTest("SIGTERM ends within 1 s and removes only the own textfile", async (fping) => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/other.prom`, "other 1\n");
    for (
      const [flags, left] of [
        [[], ["other.prom"]],
        [["--keep-textfile"], ["node-ping_here.prom", "other.prom"]],
      ] as const
    ) {
      const options = { fping, nodes, flags, textfileDirectory: directory };
      await using laboratory = await makeLaboratory(options);
      const { agent } = laboratory;
      await agent.waitFor("probes", (now) => received(now) > 2);
      const fpings = agent.fpings();
      const asked = performance.now();
      assert.equal((await agent.stop()).code, 0);
      assert.ok(performance.now() - asked < 1000, `it took ${performance.now() - asked} ms`);
      assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name).sort(), left);
      for (const pid of fpings) assert.throws(() => Deno.statSync(`/proc/${pid}`));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

networkTest(
  "a node list that is absent at the start is waited for, and may go later",
  async (fping) => {
    await using laboratory = await makeLaboratory({ fping });
    const { agent, volume } = laboratory;
    await agent.waitForLog(/level=(warn|error).*nodes\.json/);
    const without = await agent.waitFor("a file", (now) => now.all.length > 0);
    assert.equal(without.value("nodeping_agent_config_last_reload_success"), 0);
    await volume.swap(nodes);
    await agent.waitFor("probes", (now) => received(now) > 2);
    const pids = agent.fpings();
    await volume.remove();
    const gone = await agent.waitFor(
      "the failure",
      (now) => now.value("nodeping_agent_config_last_reload_success") === 0,
    );
    const later = await agent.waitFor("probes on", (now) => received(now) > received(gone) + 4);
    assert.deepEqual(agent.fpings(), pids, "the last good list stays");
    await assertNoLoss(later);
  },
);

function received(samples: Samples): number {
  return samples.sum("nodeping_probes_received_total");
}

function writeErrors(samples: Samples): number {
  return samples.sum("nodeping_agent_textfile_write_errors_total");
}

function assertNoLoss(samples: Samples): void {
  assert.equal(samples.sum("nodeping_probes_sent_total"), received(samples));
  assert.equal(samples.value("nodeping_agent_measuring"), 1);
}

interface Disk extends AsyncDisposable {
  readonly path: string;
  /** Changes how it is mounted, by options of mount(8). */
  readonly mount: (options: string) => Promise<void>;
}

/** A file system of 128 KiB. */
async function makeDisk(): Promise<Disk> {
  const path = await Deno.makeTempDir({ prefix: "np-disk-" });
  const call = async (command: string, ...args: string[]) => {
    const { code, stderr } = await run(spawnProcess, { command, args });
    if (code !== 0) throw new Error(`"${command} ${args.join(" ")}" failed: ${stderr}`);
  };
  await call("mount", "-t", "tmpfs", "-o", "size=128k", "np-test", path);
  return {
    path,
    mount: (options) => call("mount", "-o", options, path),
    [Symbol.asyncDispose]: async () => {
      await call("umount", path);
      await Deno.remove(path);
    },
  };
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const page = new Uint8Array(4096);
  for (let written = 0; written < 64; written++) {
    try {
      await file.write(page);
    } catch (error) {
      if (/space left/i.test(String(error))) return;
      throw error;
    }
  }
  throw new Error("The disk does not fill");
}

import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { compareMemory, memoryScript, memoryTable, readMemory } from "./memory.ts";
import type { MemorySample } from "./memory.ts";

function samples(node: string, rssMb: readonly number[], pid = 1): MemorySample[] {
  return rssMb.map((mb, index) => ({
    ...{ node, pid, atSeconds: index },
    ...{ rssMb: mb, anonymousMb: mb - 40 },
  }));
}

Deno.test("readMemory() reads the agent out of what the node says", () => {
  assert.deepEqual(readMemory("a", 7, "12 2048 1024\n4711 53248 15360\n"), {
    ...{ node: "a", atSeconds: 7, pid: 4711, rssMb: 52, anonymousMb: 15 },
  });
  assert.equal(readMemory("a", 7, ""), undefined);
  assert.equal(readMemory("a", 7, "4711  \n"), undefined, "it ended while it was read");
});

Deno.test("memoryScript finds the processes of that name by their network namespace", async () => {
  const directory = await Deno.makeTempDir();
  // A copy: a process is named after its program.
  const program = `${directory}/nodeping`;
  await Deno.copyFile("/bin/sleep", program);
  const child = spawnProcess({ command: program, args: ["60"] });
  try {
    const script = memoryScript.replace("/proc/[0-9]*", `/proc/1 /proc/${child.pid}`);
    const { stdout } = await run(spawnProcess, { command: "sh", args: ["-c", script] });
    const sample = readMemory("a", 0, stdout);
    assert.equal(sample?.pid, child.pid);
    assert.ok(sample.rssMb > 0.3 && sample.anonymousMb < sample.rssMb, stdout);
  } finally {
    child.kill("SIGKILL");
    await Promise.all([child.status, child.stdout.cancel(), child.stderr.cancel()]);
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("compareMemory() takes the thirds of the process that was watched longest", () => {
  const [flat, grown, restarted, unknown] = compareMemory(["flat", "grown", "again", "new"], [
    ...samples("flat", [50, 51, 50, 58, 52, 51, 50, 52, 53]),
    ...samples("grown", [50, 50, 51, 52, 53, 54, 55, 56, 57]),
    ...samples("again", [90, 90], 1),
    ...samples("again", [50, 50, 50, 50, 50, 50], 2),
    ...samples("new", [50, 50]),
  ]);
  assert.deepEqual([flat?.first.rssMb, flat?.last.rssMb, flat?.isFlat], [50, 52, true]);
  assert.deepEqual([grown?.first.rssMb, grown?.last.rssMb, grown?.isFlat], [50, 56, false]);
  assert.deepEqual([restarted?.samples, restarted?.isFlat], [6, true]);
  assert.equal(unknown?.isFlat, undefined);
  assert.match(memoryTable([grown!]), /grown +9 +50.0 +56.0 +10.0 +16.0 +NO/);
});

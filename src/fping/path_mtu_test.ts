import assert from "node:assert/strict";
import { IdentifierGuard, readOutcomes, runSized, sizedRunArgs } from "./path_mtu.ts";
import type { SizedRun } from "./path_mtu.ts";
import { systemClock, TimeLimitError } from "../platform/clock.ts";
import type { Child } from "../platform/process.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { FakeChild, FakeSpawn } from "../../tests/fakes/spawn.ts";

const sized: SizedRun = {
  ...{ targets: ["10.9.2.2", "10.9.2.77", "10.9.2.78"], family: 4, packetBytes: 1500 },
  ...{ count: 3, timeoutMs: 300 },
};
const features = { version: "5.1", checkSource: false };

/** As fping 5.1 and 5.5 printed it; the third target's packets were refused. */
const printed = `\
[1795812604.59290] 10.9.2.2  : [0], 1480 bytes, 0.047 ms (0.047 avg, 0% loss)
[1795812604.64310] 10.9.2.2  : [1], 1480 bytes, 0.040 ms (0.043 avg, 0% loss)
[1795812604.69300] 10.9.2.2  : [2], 1480 bytes, 0.057 ms (0.048 avg, 0% loss)
[1795812604.90332] 10.9.2.77 : [0], timed out (NaN avg, 100% loss)
[1795812604.95333] 10.9.2.77 : [1], timed out (NaN avg, 100% loss)
[1795812605.00316] 10.9.2.77 : [2], 1480 bytes, 0.9 ms (0.9 avg, 66% loss)
`;

Deno.test("sizedRunArgs asks for the data bytes that make up the packet, without fragments", () => {
  const sizeOf = (args: readonly string[]) => args[args.indexOf("-b") + 1];
  const args = sizedRunArgs(sized, features);
  assert.equal(sizeOf(args), "1472");
  assert.ok(args.includes("-M"));
  assert.ok(!args.includes("-l"), "a run that probes all the time");
  assert.ok(!args.includes("--check-source"));
  assert.equal(sizeOf(sizedRunArgs({ ...sized, family: 6 }, features)), "1452");
  assert.ok(sizedRunArgs(sized, { version: "5.5", checkSource: true }).includes("--check-source"));
});

Deno.test("readOutcomes counts replies and timeouts; what has no line was refused by the kernel", () => {
  assert.deepEqual([...readOutcomes(printed, sized)], [
    ["10.9.2.2", { answered: 3, lost: 0, refused: 0 }],
    ["10.9.2.77", { answered: 1, lost: 2, refused: 0 }],
    ["10.9.2.78", { answered: 0, lost: 0, refused: 3 }],
  ]);
});

Deno.test("readOutcomes counts a packet once, and none of another size or target", () => {
  const text = `\
[1795812604.59290] 10.9.2.2 : [0], 1480 bytes, 0.047 ms (0.047 avg, 0% loss)
[1795812604.59390] 10.9.2.2 : [0], 1480 bytes, 0.947 ms (0.047 avg, 0% loss)
[1795812604.59490] 10.9.2.2 : [1], 64 bytes, 0.947 ms (0.047 avg, 0% loss)
[1795812604.90332] 10.9.2.9 : [1], timed out (NaN avg, 100% loss)
`;
  assert.deepEqual(readOutcomes(text, { ...sized, targets: ["10.9.2.2"] }).get("10.9.2.2"), {
    ...{ answered: 1, lost: 0, refused: 2 },
  });
});

Deno.test("readOutcomes knows the replies of fping 5.5 on ping sockets, which are cut to 128 bytes", () => {
  const text = "[1795814307.65535] 10.9.2.2 : [0], 128 bytes, 0.084 ms (0.084 avg, 0% loss)\n";
  const run = { ...sized, targets: ["10.9.2.2"], count: 1 };
  assert.deepEqual(readOutcomes(text, run).get("10.9.2.2"), { answered: 1, lost: 0, refused: 0 });
});

function spawnOf(end: { readonly error?: string; readonly code: number }): FakeSpawn {
  return new FakeSpawn((child) => {
    child.print(printed);
    if (end.error !== undefined) child.complain(end.error);
    child.exit(end.code);
  });
}

Deno.test("runSized gives the outcomes of a run in which some did not answer", async () => {
  const { signal } = new AbortController();
  const fake = spawnOf({ code: 1, error: "\n10.9.2.77 : xmt/rcv/%loss = 3/1/66%\n" });
  const deps = { fping: "/usr/bin/fping", features, spawn: fake.spawn, clock: systemClock };
  const outcomes = await runSized(sized, deps, signal);
  assert.equal(outcomes?.get("10.9.2.2")?.answered, 3);
  assert.equal(fake.last.request.input, "10.9.2.2\n10.9.2.77\n10.9.2.78\n");
});

Deno.test("runSized believes no run that failed", async () => {
  const { signal } = new AbortController();
  const outcomesOf = (fake: FakeSpawn) =>
    runSized(sized, { fping: "fping", features, spawn: fake.spawn, clock: systemClock }, signal);
  assert.equal(await outcomesOf(spawnOf({ code: 4 })), undefined);
});

Deno.test("runSized kills an fping that does not end, as a stopped one or after a step of the clock", async () => {
  const { signal } = new AbortController();
  const [fake, clock] = [new FakeSpawn(), new FakeClock()];
  const ended = runSized(sized, { fping: "fping", features, spawn: fake.spawn, clock }, signal);
  const rejected = assert.rejects(ended, TimeLimitError);
  await clock.advance(3 * 25 + 300 + 4999);
  assert.deepEqual(fake.last.signals, []);
  await clock.advance(1);
  await rejected;
  assert.deepEqual(fake.last.signals, ["SIGKILL"]);
});

Deno.test("IdentifierGuard skips the process ids that share an identifier with a probing fping", async () => {
  const { signal } = new AbortController();
  let pid = 65_536 + 90;
  const children: Child[] = [];
  const guard = new IdentifierGuard((request) => {
    const child = new FakeChild(request, request.args.includes("-l") ? 100 : ++pid);
    if (!request.args.includes("-l")) child.exit(0);
    children.push(child);
    return child;
  });
  const probing = guard.spawn({ command: "fping", args: ["-l"] });
  guard.spawn({ command: "fping", args: ["-c", "1"] });
  await guard.skipTaken("fping", signal);
  assert.ok((pid & 0xffff) >= 100, `the next id is ${(pid & 0xffff) + 1}`);
  const before = pid;
  await guard.skipTaken("fping", signal);
  assert.equal(pid, before, "nothing is near");
  pid = 65_536 + 90;
  guard.spawn({ command: "fping", args: ["-c", "1"] });
  probing.kill("SIGKILL");
  await probing.status;
  await guard.skipTaken("fping", signal);
  assert.equal(pid & 0xffff, 91, "a probing fping that has ended");
});

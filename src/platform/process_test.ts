import assert from "node:assert/strict";
import { run, spawnProcess } from "./process.ts";

const sh = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });

Deno.test("run() collects outputs and exit code", async () => {
  const { code, signal, stdout, stderr } = await run(
    spawnProcess,
    sh("echo out; echo err >&2; exit 3"),
  );
  assert.deepEqual([code, signal, stdout, stderr], [3, null, "out\n", "err\n"]);
});

Deno.test("run() returns the signal that ended the child", async () => {
  const { signal } = await run(spawnProcess, sh("kill -KILL $$"));
  assert.equal(signal, "SIGKILL");
});

Deno.test("run() passes arguments, input and variables as they are", async () => {
  const args = ["-c", 'printf "%s|" "$@" "$X"; cat', "sh", "a b", "$(id)", ";", "*"];
  const input = "ü\n".repeat(200_000);
  const { stdout } = await run(spawnProcess, {
    command: "/bin/sh",
    args,
    input,
    env: { X: "' \"" },
  });
  assert.equal(stdout, `a b|$(id)|;|*|' "|${input}`);
});

Deno.test("run() outlives a child that does not read its input", async () => {
  const { code } = await run(spawnProcess, { ...sh("exit 5"), input: "x".repeat(10_000_000) });
  assert.equal(code, 5);
});

Deno.test("run() without input gives the child an empty standard input", async () => {
  assert.equal((await run(spawnProcess, sh("cat"))).stdout, "");
});

Deno.test("run() ends the child when its signal is aborted, and rejects with the reason", async () => {
  const controller = new AbortController();
  const reason = new Error("SIGTERM");
  const done = run(spawnProcess, { command: "sleep", args: ["60"] }, controller.signal);
  controller.abort(reason);
  await assert.rejects(done, reason);
  await assert.rejects(run(spawnProcess, sh("exit 0"), AbortSignal.abort(reason)), reason);
});

Deno.test("run() starts a detached child as the leader of a session of its own", async () => {
  const leads = async (detached: boolean) => {
    const script = "ps -o sid= -p $$ | tr -d ' '; echo $$";
    const { stdout } = await run(spawnProcess, { ...sh(script), detached });
    const [session, own] = stdout.trim().split("\n");
    return session === own;
  };
  assert.deepEqual([await leads(true), await leads(false)], [true, false]);
});

Deno.test("spawnProcess() throws where there is no such program", () => {
  assert.throws(
    () => spawnProcess({ command: "/none/fping", args: [] }),
    Deno.errors.NotFound,
  );
});

Deno.test("spawnProcess()'s kill() is quiet once the child has ended", async () => {
  const child = spawnProcess(sh("exit 0"));
  await Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.status]);
  child.kill("SIGTERM");
});

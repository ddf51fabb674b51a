/** `deno task demo`, run as a person runs it. @module */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run, spawnProcess } from "../src/platform/process.ts";
import { missingPrograms, needing } from "./needing.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const demo = ["task", "--cwd", root, "demo"];

/** Why the demo cannot run here; undefined when it can. */
function unavailable(): string | undefined {
  if (Deno.build.os !== "linux") return "network namespaces need Linux";
  if (Deno.uid() !== 0) return "network namespaces need root";
  return missingPrograms("ip", "nft", "fping", "setsid");
}

const reason = unavailable();

Deno.test({
  ...needing("demo names the link that it cuts, and leaves nothing behind", reason),
  fn: async () => {
    const startedMs = performance.now();
    const { code, stdout, stderr } = await run(spawnProcess, {
      command: Deno.execPath(),
      args: [...demo, "--nodes", "4"],
    });
    assert.equal(code, 0, stdout + stderr);
    assert.ok(performance.now() - startedMs < 60_000, "the demo takes less than a minute");
    const cut = /drops all between (\S+) and (\S+), both ways/.exec(stdout)?.slice(1);
    const found = /the link between (\S+) and (\S+) is at fault/.exec(stdout)?.slice(1);
    assert.ok(cut !== undefined && cut.length === 2, stdout);
    assert.deepEqual(found, cut);
    const [healthy = [], faulty = [], healed = []] = tablesOf(stdout);
    assert.equal(healthy.length, 12);
    assert.deepEqual(healthy.filter(({ loss }) => loss > 0), []);
    const pairs = faulty.filter(({ loss }) => loss > 0).map(({ pair }) => pair);
    assert.deepEqual(pairs.sort(), [cut.join(" "), cut.toReversed().join(" ")].sort());
    assert.equal(healed.length, 12);
    assert.deepEqual(healed.filter(({ loss }) => loss > 0), []);
    await assertNothingLeft(stdout);
  },
});

Deno.test({
  ...needing("demo cleans up when it is interrupted", reason),
  fn: async () => {
    // In a session of its own, so that the signal reaches every process of it, as Ctrl-C does.
    const child = new Deno.Command("setsid", {
      args: [Deno.execPath(), ...demo],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let text = "";
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      const isNew = !text.includes("2. The fault");
      text += part;
      if (isNew && text.includes("2. The fault")) {
        assert.notDeepEqual(await namespacesOf(text), [], "it has namespaces while it runs");
        // The shell's own: a small machine has no program of that name.
        await run(spawnProcess, { command: "sh", args: ["-c", `kill -s INT -- -${child.pid}`] });
      }
    }
    assert.notEqual((await child.status).code, 0);
    assert.ok(text.includes("2. The fault") && !text.includes("3. The repair"), text);
    await assertNothingLeft(text);
  },
});

/** Root of this machine, who is somebody else inside: all files are readable still. */
const asSomebody = (...command: readonly string[]) =>
  run(spawnProcess, { command: "unshare", args: ["--user", "--map-user=1000", ...command] });

/** A change of root (chroot) and some kernels forbid it. */
async function lacksUserNamespaces(): Promise<string | undefined> {
  if (reason !== undefined) return reason;
  const { code, stderr } = await asSomebody("true");
  return code === 0 ? undefined : stderr.trim();
}

Deno.test({
  ...needing("demo says what it needs when it is not root", await lacksUserNamespaces()),
  fn: async () => {
    const { code, stdout, stderr } = await asSomebody(Deno.execPath(), ...demo);
    assert.equal(code, 2, stdout + stderr);
    assert.match(stderr, /The demo needs root/);
    assert.equal(stdout, "");
  },
});

interface Cell {
  /** Source and destination. */
  readonly pair: string;
  /** Percent. */
  readonly loss: number;
}

/** The cells of each table that the demo printed. */
function tablesOf(text: string): Cell[][] {
  return text.split("loss of the last").slice(1).map((part) => {
    const rows = [...part.matchAll(/^ {2}(node-\d+) (.*%.*)$/gm)];
    return rows.flatMap(([, source, cells = ""]) =>
      [...cells.matchAll(/(\d+) %|-|\?/g)].flatMap(([whole, loss], column) =>
        whole === "-" ? [] : [{ pair: `${source} node-${column + 1}`, loss: Number(loss) }]
      )
    );
  });
}

/** No namespace, no process in one, no file of the demo that printed this. */
async function assertNothingLeft(text: string): Promise<void> {
  assert.deepEqual(await namespacesOf(text), []);
  const directory = /textfiles {2}(\S+)/.exec(text)?.[1] ?? "";
  await assert.rejects(Deno.stat(directory), Deno.errors.NotFound);
}

async function namespacesOf(text: string): Promise<string[]> {
  const prefix = /namespaces (nodeping-demo-\d+-)\*/.exec(text)?.[1];
  assert.ok(prefix !== undefined, text);
  const { stdout } = await run(spawnProcess, { command: "ip", args: ["netns", "list"] });
  return stdout.split("\n").filter((line) => line.startsWith(prefix));
}

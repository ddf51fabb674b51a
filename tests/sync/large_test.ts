import assert from "node:assert/strict";
import { spawnProcess } from "../../src/platform/process.ts";
import { helmTest } from "../kubernetes/api_server_test_case.ts";
import { startKubelets } from "../kubernetes/node_traffic.ts";
import { makeFixture } from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

const chart = new URL("../../chart", import.meta.url).pathname;
const root = new URL("../../", import.meta.url).pathname;
const count = 5000;
helmTest(`sync of ${count} nodes: seconds and memory`, async (t, server, helms) => {
  const fixture = await makeFixture(server, helms.at(-1)?.command ?? "", "large");
  using _ = fixture.api;
  await fixture.helm("install", "np", chart, "--set", "nodePing.lookup=false");
  await t.step("make the nodes", async () => {
    using kubelets = await startKubelets(server);
    await kubelets.register(0, count);
  });
  await t.step("a dry run, with memory", async () => {
    const { seconds, megabytes, out } = await measured(fixture, ["np", "--dry-run"]);
    assert.match(out, new RegExp(`\\+${count} -0 ~0`));
    report(`Listing and comparing ${count} nodes: ${seconds} s, at most ${megabytes} MB`);
    assert.ok(Number(megabytes) < 300);
  });
  await t.step("the revision", async () => {
    const { seconds, megabytes, out } = await measured(fixture, ["np"]);
    assert.match(out, new RegExp(`revision 2: \\+${count} -0 ~0, ${count} nodes now`));
    report(`A revision with ${count} nodes: ${seconds} s, at most ${megabytes} MB`);
  });
  await t.step("in step", async () => {
    const { seconds, out } = await measured(fixture, ["np"]);
    assert.match(out, /in step: 5000 nodes/);
    report(`Seeing that nothing changed: ${seconds} s`);
  });
});

/** A process of its own: the built program where there is one, so that its memory is true. */
async function measured(
  fixture: SyncFixture,
  args: readonly string[],
): Promise<{ seconds: string; megabytes: string; out: string }> {
  const built = await Deno.stat(`${root}/dist/nodeping`).then(() => true, () => false);
  const startMs = performance.now();
  const child = spawnProcess({
    ...(built ? { command: `${root}/dist/nodeping`, args: ["sync", ...args] } : {
      command: Deno.execPath(),
      args: ["run", "--allow-all", `${root}/main.ts`, "sync", ...args],
    }),
    env: fixture.env,
  });
  let peakKb = 0;
  const watch = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  }, 50);
  const [out, err, { code }] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  clearInterval(watch);
  assert.equal(code, 0, err);
  return {
    seconds: ((performance.now() - startMs) / 1000).toFixed(1),
    megabytes: (peakKb / 1024).toFixed(0),
    out,
  };
}

function report(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { ApiServer } from "../kubernetes/api_server.ts";
import { helmTest } from "../kubernetes/api_server_test_case.ts";
import {
  create,
  createNode,
  makeFixture,
  patch,
  remove,
  setAddresses,
  testChart,
} from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

helmTest("sync --watch, with each Helm", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const fixture = await makeFixture(server, command, `watch-${name}`);
    using _ = fixture.api;
    await t.step(`${name}: follows nodes, bursts of changes and restarts`, () => follows(fixture));
    await t.step(`${name}: Ctrl-C lets an upgrade finish`, () => outlivesCtrlC(fixture, server));
  }
});

async function follows(fixture: SyncFixture): Promise<void> {
  const { api } = fixture;
  for (const index of [1, 2, 3]) await createNode(api, `node-${index}`, `10.0.0.${index}`);
  await fixture.helm("install", "np", testChart);
  const controller = new AbortController();
  let err = "";
  const watching = fixture.sync(["np", "--watch"], {
    signal: controller.signal,
    onErr: (text) => void (err += text),
  });
  try {
    // In step from the start: no revision.
    await delay(3000);
    assert.equal((await fixture.history("np")).length, 1);

    await createNode(api, "node-4", "10.0.0.4");
    await untilRevision(fixture, "np", "deployed: nodeping sync: +1 -0 ~0", 5000);

    // A burst of changes within the quiet time is one revision; heartbeats are none.
    await Promise.all(
      [5, 6, 7, 8].map((index) => createNode(api, `node-${index}`, `10.0.0.${index}`)),
    );
    await untilRevision(fixture, "np", "deployed: nodeping sync: +4 -0 ~0", 6000);
    for (let beat = 0; beat < 5; beat++) {
      const lastHeartbeatTime = new Date(beat * 1000).toISOString();
      await patch(api, "/api/v1/nodes/node-1/status", {
        status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime }] },
      });
    }
    await delay(3500);
    assert.equal((await fixture.history("np")).length, 3);

    // Its place in the watch is lost with the restart (410): it lists anew.
    for (const index of [1, 2, 3]) {
      const metadata = { name: `moves-the-revision-${index}` };
      await create(api, `/api/v1/namespaces/${fixture.namespace}/configmaps`, { metadata });
    }
    await fixture.server.pause();
    await delay(2000);
    await fixture.server.resume();
    await setAddresses(api, "node-4", [{ type: "InternalIP", address: "10.0.1.4" }]);
    await untilRevision(fixture, "np", "deployed: nodeping sync: +0 -0 ~1", 20_000);
    assert.match(err, /Cannot reach the API server.*again in/);

    // A refusal is reported and tried again: the nodes come back, and all is well.
    for (const index of [2, 3, 4, 5, 6, 7]) await remove(api, `/api/v1/nodes/node-${index}`);
    await until(() => /shrink from 8 to 2 nodes.*trying again in 5 s/.test(err), 10_000);
    await createNode(api, "node-2", "10.0.0.2");
    await createNode(api, "node-3", "10.0.0.3");
    await untilRevision(fixture, "np", "deployed: nodeping sync: +0 -4 ~0", 10_000);
  } finally {
    controller.abort(new Error("Received SIGINT"));
    assert.equal((await watching).code, 0);
    for (const index of [1, 2, 3, 8]) await remove(api, `/api/v1/nodes/node-${index}`);
  }
}

/** The plugin under a terminal: helm, nodeping and nodeping's helm are all sent SIGINT. */
async function outlivesCtrlC(fixture: SyncFixture, server: ApiServer): Promise<void> {
  const { api, namespace } = fixture;
  const home = `${server.directory}/home-${namespace}`;
  const env = {
    ...fixture.env,
    HELM_DATA_HOME: `${home}/data`,
    HELM_BURST_LIMIT: "30",
    HELM_QPS: "30",
  };
  await Deno.mkdir(home, { recursive: true });
  const plugin = new URL("../../helm-plugin", import.meta.url).pathname;
  const helm = fixture.env["HELM_BIN"] ?? "";
  const installed = await run(spawnProcess, {
    command: helm,
    args: ["plugin", "install", plugin],
    env,
  });
  assert.equal(installed.code, 0, installed.stderr);
  await createNode(api, "node-1", "10.0.0.1");
  await fixture.helm("install", "slow", testChart, "--set", "many=150,configMapName=slow");
  await createNode(api, "node-2", "10.0.0.2");

  await run(spawnProcess, { command: "mkfifo", args: [`${home}/keys`] });
  const child = spawnProcess({
    command: "sh",
    args: [
      "-c",
      'exec script --quiet --return --command "$1" /dev/null < "$2"',
      ...["sh", `"${helm}" nodeping sync slow --watch`, `${home}/keys`],
    ],
    env,
  });
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const keys = await Deno.open(`${home}/keys`, { write: true });
  await until(async () => await statusOf(fixture, "slow", 2) === "pending-upgrade", 60_000);
  await keys.write(new TextEncoder().encode("\x03"));
  await child.status;
  await until(async () => await statusOf(fixture, "slow", 2) === "deployed", 60_000);
  keys.close();
  const [out] = await output;
  assert.deepEqual(
    (await fixture.history("slow")).at(-1),
    "deployed: nodeping sync: +1 -0 ~0",
    out,
  );
  for (const index of [1, 2]) await remove(api, `/api/v1/nodes/node-${index}`);
}

/** Status of a revision by its secret: asking Helm would take too long to hit the moment. */
async function statusOf(fixture: SyncFixture, release: string, revision: number): Promise<string> {
  const path = `/api/v1/namespaces/${fixture.namespace}/secrets`;
  const { items } = await fixture.api.json(path, {
    query: { labelSelector: `owner=helm,name=${release},version=${revision}` },
    signal: AbortSignal.timeout(10_000),
  }) as { items: { metadata: { labels: { status: string } } }[] };
  return items[0]?.metadata.labels.status ?? "none";
}

async function untilRevision(
  fixture: SyncFixture,
  release: string,
  line: string,
  withinMs: number,
): Promise<void> {
  await until(async () => (await fixture.history(release)).at(-1) === line, withinMs).catch(
    async (error) => assert.fail(`${error.message}: ${await fixture.history(release)}`),
  );
}

async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const startMs = performance.now();
  while (!await isSo()) {
    if (performance.now() - startMs > withinMs) throw new Error(`Not so within ${withinMs} ms`);
    await delay(100);
  }
}

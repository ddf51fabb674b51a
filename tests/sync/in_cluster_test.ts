import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { kubeconfigText } from "../kubernetes/api_server.ts";
import { helmTest } from "../kubernetes/api_server_test_case.ts";
import { create, createNode, makeWorld, remove } from "./world.ts";
import type { World } from "./world.ts";

const chart = new URL("../../chart", import.meta.url).pathname;
helmTest("sync in the cluster, as the chart's service account", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const world = await makeWorld(server, command, `in-cluster-${name}`);
    using _ = world.api;
    for (const node of [1, 2, 3]) await createNode(world.api, `node-${node}`, `10.0.0.${node}`);
    await t.step(`${name}: on, changes, upgrades, off and rollbacks`, () => story(world));
    for (const node of [1, 2, 3, 4]) await remove(world.api, `/api/v1/nodes/node-${node}`);
    await world.helm("uninstall", "np");
    const { items } = await world.api.json(
      `/api/v1/namespaces/${world.namespace}/configmaps`,
      { signal: AbortSignal.timeout(10_000) },
    ) as { items: { metadata: { name: string } }[] };
    assert.deepEqual(items.filter(({ metadata }) => metadata.name.startsWith("node-ping")), []);
  }
});

async function story(world: World): Promise<void> {
  const { helm } = world;
  await helm("install", "np", chart, "--set", "sync.enabled=false");
  assert.equal(await live(world), "[]");
  await helm("upgrade", "np", chart, "--set", "sync.enabled=true");
  const inStep = await world.sync([]);
  assert.match(inStep.out, /is in step: .* agents fall back .* "node-ping-config-live"/);

  const stop = new AbortController();
  let err = "";
  const listen = `127.0.0.1:${world.major === 3 ? 17_931 : 17_932}`;
  const ready = async () => {
    const response = await fetch(`http://${listen}/readyz`);
    await response.body?.cancel();
    return response.ok;
  };
  const flags = ["--watch", "--configmap=node-ping-config-live", `--listen=${listen}`];
  const watching = world.sync(flags, {
    env: { KUBECONFIG: await kubeconfigOfServiceAccount(world) },
    signal: stop.signal,
    onErr: (text) => void (err += text),
  });
  try {
    await until(async () => await liveNames(world) === "node-1,node-2,node-3", 5000);
    assert.ok(await ready());
    await createNode(world.api, "node-4", "10.0.0.4");
    await until(async () => await liveNames(world) === "node-1,node-2,node-3,node-4", 5000);

    await helm("upgrade", "np", chart, "--reuse-values", "--set", "podLabels.a=b");
    assert.equal(await liveNames(world), "node-1,node-2,node-3,node-4");
    await helm("rollback", "np", "2");
    assert.equal(await liveNames(world), "node-1,node-2,node-3,node-4");
    assert.equal((await world.history("np")).length, 4);

    // Off: what the sync wrote ends, and a pod that is still there writes nothing any more.
    await helm("upgrade", "np", chart, "--set", "sync.enabled=false");
    assert.equal(await live(world), "[]");
    await remove(world.api, "/api/v1/nodes/node-4");
    await until(() => /forbidden|is off/.test(err), 10_000);
    assert.ok(await ready(), "what fails later is an alert, not unreadiness");
    assert.equal(await live(world), "[]");
    await createNode(world.api, "node-4", "10.0.0.4");

    await helm("upgrade", "np", chart, "--set", "sync.enabled=true");
    // The wait after failures has grown; in a cluster a new pod begins without one.
    await until(async () => await liveNames(world) === "node-1,node-2,node-3,node-4", 90_000);
    await helm("rollback", "np", "1");
    assert.equal(await live(world), "[]");
  } finally {
    stop.abort(new Error("Received SIGTERM"));
    assert.equal((await watching).code, 0);
  }
}

/** What the Deployment's pod may do is what this kubeconfig may do. */
async function kubeconfigOfServiceAccount(world: World): Promise<string> {
  const path = `/api/v1/namespaces/${world.namespace}/serviceaccounts/node-ping/token`;
  const answer = await create(world.api, path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  }) as { status: { token: string } };
  const { server, namespace } = world;
  const file = `${server.directory}/service-account-${namespace}`;
  await Deno.writeTextFile(
    file,
    kubeconfigText({
      server: server.url,
      ca: `${server.directory}/ca.crt`,
      user: { token: answer.status.token },
      namespace,
    }),
  );
  return file;
}

async function live(world: World): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${world.namespace}/configmaps/node-ping-config-live`;
  const { data } = await world.api.json(path, { signal: AbortSignal.timeout(10_000) }) as {
    data?: Record<string, string>;
  };
  return data?.["nodes.json"];
}

async function liveNames(world: World): Promise<string> {
  const nodes = JSON.parse(await live(world) ?? "[]") as { name: string }[];
  return nodes.map(({ name }) => name).join();
}

async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const startMs = performance.now();
  while (!await isSo()) {
    if (performance.now() - startMs > withinMs) assert.fail(`Not so within ${withinMs} ms`);
    await delay(100);
  }
}

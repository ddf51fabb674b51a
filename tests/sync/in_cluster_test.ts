import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { kubeconfigText } from "../kubernetes/api_server.ts";
import { helmTest } from "../kubernetes/api_server_test_case.ts";
import { create, createNode, makeFixture, remove, setAddresses } from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

const chart = new URL("../../chart", import.meta.url).pathname;
helmTest("sync in the cluster, as the chart's service account", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const fixture = await makeFixture(server, command, `in-cluster-${name}`);
    using _ = fixture.api;
    for (const node of [1, 2, 3]) await createNode(fixture.api, `node-${node}`, `10.0.0.${node}`);
    await t.step(`${name}: on, changes, upgrades, off and rollbacks`, () => story(fixture));
    await t.step(`${name}: nodes that are left out are named, once`, () => namesLeftOut(fixture));
    for (const node of [1, 2, 3, 4]) await remove(fixture.api, `/api/v1/nodes/node-${node}`);
    await fixture.helm("uninstall", "np");
    const { items } = await fixture.api.json(
      `/api/v1/namespaces/${fixture.namespace}/configmaps`,
      { signal: AbortSignal.timeout(10_000) },
    ) as { items: { metadata: { name: string } }[] };
    assert.deepEqual(items.filter(({ metadata }) => metadata.name.startsWith("node-ping")), []);
  }
});

async function story(fixture: SyncFixture): Promise<void> {
  const { helm } = fixture;
  await helm("install", "np", chart, "--set", "sync.enabled=false");
  assert.equal(await live(fixture), "[]");
  await helm("upgrade", "np", chart, "--set", "sync.enabled=true");
  const inStep = await fixture.sync([]);
  assert.match(inStep.out, /is in step: .* agents fall back .* "node-ping-config-live"/);

  const stop = new AbortController();
  let err = "";
  const listen = `127.0.0.1:${fixture.major === 3 ? 17_931 : 17_932}`;
  const ready = async () => {
    const response = await fetch(`http://${listen}/readyz`);
    await response.body?.cancel();
    return response.ok;
  };
  const flags = ["--watch", "--configmap=node-ping-config-live", `--listen=${listen}`];
  const watching = fixture.sync(flags, {
    env: { KUBECONFIG: await kubeconfigOfServiceAccount(fixture) },
    signal: stop.signal,
    onErr: (text) => void (err += text),
  });
  try {
    await until(async () => await liveNames(fixture) === "node-1,node-2,node-3", 5000);
    assert.ok(await ready());
    await createNode(fixture.api, "node-4", "10.0.0.4");
    await until(async () => await liveNames(fixture) === "node-1,node-2,node-3,node-4", 5000);

    await helm("upgrade", "np", chart, "--reuse-values", "--set", "podLabels.a=b");
    assert.equal(await liveNames(fixture), "node-1,node-2,node-3,node-4");
    await helm("rollback", "np", "2");
    assert.equal(await liveNames(fixture), "node-1,node-2,node-3,node-4");
    assert.equal((await fixture.history("np")).length, 4);

    // Off: what the sync wrote ends, and a pod that is still there writes nothing any more.
    await helm("upgrade", "np", chart, "--set", "sync.enabled=false");
    assert.equal(await live(fixture), "[]");
    await remove(fixture.api, "/api/v1/nodes/node-4");
    await until(() => /forbidden|is off/.test(err), 10_000);
    assert.ok(await ready(), "what fails later is an alert, not unreadiness");
    assert.equal(await live(fixture), "[]");
    await createNode(fixture.api, "node-4", "10.0.0.4");

    await helm("upgrade", "np", chart, "--set", "sync.enabled=true");
    // The wait after failures has grown; in a cluster a new pod begins without one.
    await until(async () => await liveNames(fixture) === "node-1,node-2,node-3,node-4", 90_000);
    await helm("rollback", "np", "1");
    assert.equal(await live(fixture), "[]");
  } finally {
    stop.abort(new Error("Received SIGTERM"));
    assert.equal((await watching).code, 0);
  }
}

/** After the story: the list of the release is not the point, but what the log says of the nodes. */
async function namesLeftOut(fixture: SyncFixture): Promise<void> {
  const { api, helm } = fixture;
  await helm("upgrade", "np", chart, "--set", "sync.enabled=true");
  const stop = new AbortController();
  let err = "";
  const watching = fixture.sync(["--watch", "--configmap=node-ping-config-live"], {
    signal: stop.signal,
    onErr: (text) => void (err += text),
  });
  try {
    await until(async () => await liveNames(fixture) === "node-1,node-2,node-3,node-4", 5000);
    await createNode(api, "node-5", "127.0.0.1");
    const leftOut = /node-5.* is left out: .*InternalIP 127\.0\.0\.1/g;
    await until(() => leftOut.test(err), 10_000);
    await setAddresses(api, "node-4", [{ type: "InternalIP", address: "10.0.1.4" }]);
    // The log comes after the write.
    await until(() => (err.match(/Wrote the nodes/g)?.length ?? 0) === 2, 10_000);
    assert.equal(err.match(leftOut)?.length, 1, err);
  } finally {
    stop.abort(new Error("Received SIGTERM"));
    assert.equal((await watching).code, 0);
    await remove(api, "/api/v1/nodes/node-5");
  }
}

/** What the Deployment's pod may do is what this kubeconfig may do. */
async function kubeconfigOfServiceAccount(fixture: SyncFixture): Promise<string> {
  const path = `/api/v1/namespaces/${fixture.namespace}/serviceaccounts/node-ping/token`;
  const answer = await create(fixture.api, path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  }) as { status: { token: string } };
  const { server, namespace } = fixture;
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

async function live(fixture: SyncFixture): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${fixture.namespace}/configmaps/node-ping-config-live`;
  const { data } = await fixture.api.json(path, { signal: AbortSignal.timeout(10_000) }) as {
    data?: Record<string, string>;
  };
  return data?.["nodes.json"];
}

async function liveNames(fixture: SyncFixture): Promise<string> {
  const nodes = JSON.parse(await live(fixture) ?? "[]") as { name: string }[];
  return nodes.map(({ name }) => name).join();
}

async function until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const startMs = performance.now();
  while (!await isSo()) {
    if (performance.now() - startMs > withinMs) assert.fail(`Not so within ${withinMs} ms`);
    await delay(100);
  }
}

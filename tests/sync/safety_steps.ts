/** Steps of one_shot_test.ts: what sync refuses, explains or tries again. @module */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { spawnProcess } from "../../src/platform/process.ts";
import { createNode, installOneNode, patch, remove, testChart } from "./fixture.ts";
import type { SyncFixture } from "./fixture.ts";

function manyNodes(count: number): string {
  const nodes = Array.from({ length: count }, (_, index) => ({
    name: `gone-${index}`,
    ipAddress: `10.9.0.${index}`,
  }));
  return `nodePing.nodes=${JSON.stringify(nodes)}`;
}

/** Steps by name. */
export const safetySteps: Readonly<Record<string, (fixture: SyncFixture) => Promise<void>>> = {
  "an empty list is refused": async (fixture) => {
    await fixture.helm("install", "np", testChart);
    const { code, err } = await fixture.sync(["--selector", "role=nobody"]);
    assert.equal(code, 1);
    assert.match(err, /^Error: No node is left to probe: an empty list is never written/);
    assert.equal((await fixture.history("np")).length, 1);
  },

  "a list that shrinks by more than --max-shrink is refused": async (fixture) => {
    await fixture.helm("install", "np", testChart, "--set-json", manyNodes(7));
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 1);
    assert.match(err, /would shrink from 7 to 3 nodes, by 57 %: more than --max-shrink 50/);
    assert.equal((await fixture.sync(["--max-shrink", "57"])).code, 1);
    assert.equal((await fixture.sync(["--max-shrink", "58"])).code, 0);
    assert.equal((await fixture.history("np")).length, 2);
  },

  "a release that would outgrow Helm's Secret is explained, and stays": async (fixture) => {
    // Stored twice, in values and manifest: 20 KB below the limit, and the nodes take more.
    const bytes = crypto.getRandomValues(new Uint8Array(48_000));
    const piece = () => btoa(String.fromCharCode(...crypto.getRandomValues(bytes)));
    const text = Array.from({ length: 8 }, piece).join("").slice(0, 510_000);
    const values = `${fixture.server.directory}/${fixture.namespace}.json`;
    await Deno.writeTextFile(values, JSON.stringify({ extra: { text } }));
    await installOneNode(fixture, "--values", values);
    await makeWindowsNodes(fixture, 600);
    try {
      const { code, err } = await fixture.sync(["--selector", "kubernetes.io/os=windows"]);
      assert.equal(code, 1);
      assert.match(
        err,
        /one Secret of at most 1 MiB.*nothing was changed\. Leave them to the sync in the cluster \(sync\.enabled\)/,
      );
      assert.equal((await fixture.history("np")).length, 1);
    } finally {
      await remove(fixture.api, "/api/v1/nodes?labelSelector=kubernetes.io/os%3Dwindows");
    }
  },

  "a release left pending by a killed helm is explained, not forced": async (fixture) => {
    await installOneNode(fixture);
    const child = spawnProcess({
      command: fixture.env["HELM_BIN"] ?? "",
      args: ["upgrade", "np", testChart, "--reuse-values", "--set", "workload=true", "--wait"],
      env: fixture.env,
    });
    const read = Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    await delay(2000);
    child.kill("SIGKILL");
    await Promise.all([child.status, read]);
    const { code, err } = await fixture.sync(["--timeout", "1s"]);
    assert.equal(code, 1);
    assert.match(
      err,
      /has been pending-upgrade for 1 s.*"helm rollback np --namespace helm\d-\d+" clears it/,
    );
    await fixture.helm("rollback", "np");
    assert.equal((await fixture.sync([])).code, 0);
  },

  "a failed last revision is retried, even when the nodes are right": async (fixture) => {
    await fixture.helm("install", "np", testChart);
    const failed = await fixture.tryHelm("upgrade", "np", testChart, "--set", "invalid=true");
    assert.notEqual(failed.code, 0);
    assert.match((await fixture.history("np")).at(-1) ?? "", /^failed/);
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 0, err);
    assert.match(err, /Revision 2 of "np" is failed: going on from revision 1/);
    assert.equal((await fixture.history("np")).at(-1), "deployed: nodeping sync: +0 -0 ~0");
    const values = JSON.parse(await fixture.helm("get", "values", "np", "-o", "json"));
    assert.equal(values.invalid, undefined);
  },

  "a conflict of server-side apply is explained, and forced when asked": async (fixture) => {
    if (fixture.major < 4) return;
    await installOneNode(fixture);
    const path = `/api/v1/namespaces/${fixture.namespace}/configmaps/node-ping-config`;
    await patch(fixture.api, `${path}?fieldManager=kubectl-edit`, { data: { "nodes.json": "[]" } });
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 1);
    assert.match(err, /Somebody else changed what Helm owns.*--force-conflicts.*kubectl-edit/s);
    const forced = await fixture.sync(["--force-conflicts"]);
    assert.equal(forced.code, 0, forced.err);
    assert.equal((await fixture.history("np")).at(-1), "deployed: nodeping sync: +2 -0 ~0");
  },

  "a list that somebody removed or changed in the cluster is put back": async (fixture) => {
    await fixture.helm("install", "np", testChart);
    assert.equal((await fixture.sync([])).code, 0);
    const revisions = (await fixture.history("np")).length;
    const path = `/api/v1/namespaces/${fixture.namespace}/configmaps/node-ping-config`;
    await remove(fixture.api, path);
    const dry = await fixture.sync(["--dry-run", "--exit-code"]);
    assert.equal(dry.code, 3, dry.err);
    assert.match(dry.err, /ConfigMap "node-ping-config" has no list: somebody removed it/);
    assert.equal((await fixture.sync([])).code, 0);
    assert.equal((await fixture.history("np")).length, revisions + 1);
    await patch(fixture.api, path, { data: { "nodes.json": "[]" } });
    const changed = await fixture.sync(fixture.major < 4 ? [] : ["--force-conflicts"]);
    assert.equal(changed.code, 0, changed.err);
    assert.match(changed.err, /has another list than revision \d+ of "np": somebody changed it/);
    assert.match((await fixture.sync([])).out, /is in step/);
    assert.equal((await fixture.history("np")).length, revisions + 2);
  },

  "a release of Flux is not written": async (fixture) => {
    const label =
      "labels.helm\\.toolkit\\.fluxcd\\.io/name=np,labels.helm\\.toolkit\\.fluxcd\\.io/namespace=flux";
    await installOneNode(fixture, "--set", label);
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 1);
    assert.match(err, /belongs to the Flux HelmRelease flux\/np.*--values-file.*sync\.enabled/);
    assert.equal((await fixture.history("np")).length, 1);
  },

  "the values of a release that syncs itself are refreshed, and it says what wins": async (
    fixture,
  ) => {
    await installOneNode(fixture, "--set", "sync.enabled=true");
    const { code, out, err } = await fixture.sync([]);
    assert.equal(code, 0, err);
    assert.match(err, /"node-ping-config-live" has no list: see the log of the sync/);
    const fallback =
      /; agents fall back to this list: the sync in the cluster keeps .* "node-ping-config-live"/;
    assert.match(out, fallback);
    assert.equal((await fixture.history("np")).at(-1), "deployed: nodeping sync: +2 -0 ~0");
    const again = await fixture.sync([]);
    assert.match(again.out, /is in step: 3 nodes/);
    assert.match(again.out, fallback);
  },

  "a list of the release with a bad entry is written anew": async (fixture) => {
    const nodes = [1, 2, 3].map((n) => ({ name: `node-${n}`, ipAddress: `10.0.0.${n}` }));
    const bad = JSON.stringify([...nodes, { name: "node-4", ipAddress: "" }]);
    await fixture.helm("install", "np", testChart, "--set-json", `nodePing.nodes=${bad}`);
    const { code, err } = await fixture.sync([]);
    assert.equal(code, 0, err);
    assert.match(err, /node list of "np" .* has mistakes and is written anew: .*ipAddress is ""/);
    assert.match((await fixture.sync([])).out, /is in step: 3 nodes/);
  },

  "a list that is written otherwise than sync writes it is synced": async (fixture) => {
    const nodes = [
      { name: "node-1", ipAddress: "10.0.0.1", cordoned: false },
      { name: "node-2", ipAddress: "2001:DB8:0::2" },
      { name: "node-1", ipAddress: "10.0.0.1" },
    ];
    const values = ["--set-json", `nodePing.nodes=${JSON.stringify(nodes)}`];
    await fixture.helm("install", "np", testChart, ...values);
    const { code, out, err } = await fixture.sync([]);
    assert.equal(code, 0, err);
    assert.match(out, /revision 2: \+1 -0 ~1, 3 nodes now/);
  },

  "no release, several releases and a missing one are reported": async (fixture) => {
    assert.match((await fixture.sync([])).err, /No nodeping release in namespace/);
    assert.match((await fixture.sync(["np"])).err, /No release "np" in namespace/);
    await fixture.helm("install", "a", testChart, "--set", "configMapName=a");
    await fixture.helm("install", "b", testChart, "--set", "configMapName=b");
    assert.match((await fixture.sync([])).err, /Several nodeping releases .* name one of a, b/);
    await fixture.helm("uninstall", "a", "--keep-history");
    assert.match((await fixture.sync(["a"])).err, /"a" in namespace ".*" is uninstalled/);
  },

  "whoever may not list nodes is told so": async (fixture) => {
    await fixture.helm("install", "np", testChart);
    const kubeconfig = await Deno.readTextFile(fixture.server.kubeconfig);
    const bob = await Deno.makeTempFile();
    await Deno.writeTextFile(bob, kubeconfig.replace("admin-token", "bob-token"));
    const { code, err } = await fixture.sync(["np", "--output", "values"], {
      env: { KUBECONFIG: bob },
    });
    await Deno.remove(bob);
    assert.equal(code, 1);
    assert.match(err, /User "bob" cannot (list|get) resource/);
    assert.doesNotMatch(err, /bob-token/);
  },
};

/** Nodes that no other step lists, with names that no compression makes shorter. */
async function makeWindowsNodes({ api }: SyncFixture, count: number): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: 20 }, async () => {
    while (next < count) {
      const index = next++;
      const address = `10.8.${index >> 8}.${index & 255}`;
      const name = crypto.randomUUID() + crypto.randomUUID();
      await createNode(api, name, address, { "kubernetes.io/os": "windows" });
    }
  }));
}

/** Upgrades from the chart of version 0.1.0, whose values know nothing of what came later. @module */

import assert from "node:assert/strict";
import { chart } from "../chart/helm.ts";
import { createNode, makeFixture, remove } from "../sync/fixture.ts";
import type { SyncFixture } from "../sync/fixture.ts";
import { helmTest } from "./api_server_test_case.ts";

const oldChart = new URL("../testdata/charts/nodeping-0.1.0.tgz", import.meta.url).pathname;

/** The objects of the release's newest revision, without what names the chart's version. */
async function objects({ helm }: SyncFixture): Promise<readonly string[]> {
  const manifest = await helm("get", "manifest", "np");
  return manifest.split(/^---$/m).map((object) => /^kind: (.*)$/m.exec(object)?.[1] ?? "")
    .filter((kind) => kind !== "").toSorted();
}

/** The command line of the container in the newest manifest that has the argument. */
async function argumentsWith({ helm }: SyncFixture, argument: string): Promise<readonly string[]> {
  const manifest = await helm("get", "manifest", "np");
  const object = manifest.split(/^---$/m).find((text) => text.includes(`- ${argument}\n`)) ?? "";
  return [...object.matchAll(/^ +- "?(--[^"\n]*)/gm)].map(([, text = ""]) => text);
}

/** No argument lacks its value, and none says nil. */
function assertWhole(found: readonly string[]): void {
  assert.ok(found.length > 3, found.join(" "));
  for (const argument of found) {
    assert.doesNotMatch(argument, /=$|<no value>|nil|null/, found.join(" "));
  }
}

/** Its values stay, off among them; the rest is the new chart's. */
async function reuseValues(fixture: SyncFixture): Promise<void> {
  await fixture.helm("install", "np", oldChart, "--set", "nodePing.period=1s,port=10930");
  await fixture.helm("upgrade", "np", chart, "--reuse-values");
  const agent = await argumentsWith(fixture, "agent");
  assertWhole(agent);
  assert.ok(agent.includes("--period=1s") && agent.includes("--listen=:10930"), agent.join(" "));
  // 0.1.0 had sync.enabled=false by default, and --reuse-values takes that for a wish.
  assert.ok(!(await objects(fixture)).includes("Deployment"));
  const all = ["sync.enabled=true", "podMonitor=null", "prometheusRule=null", "tests=null"];
  await fixture.helm("upgrade", "np", chart, "--reuse-values", "--set", all.join(","));
  const sync = await argumentsWith(fixture, "sync");
  assertWhole(sync);
  assert.ok(
    sync.some((argument) => argument.startsWith("--selector=") && argument.includes("os=linux")),
  );
  await fixture.helm("rollback", "np", "1");
  await fixture.helm("uninstall", "np");
}

/** What the user set stays, and the new defaults arrive: the sync in the cluster among them. */
async function resetThenReuseValues(fixture: SyncFixture): Promise<void> {
  const selector = "nodePing.selector.pool=a";
  await fixture.helm("install", "np", oldChart, "--set", `nodePing.period=1s,${selector}`);
  await fixture.helm("upgrade", "np", chart, "--reset-then-reuse-values");
  const agent = await argumentsWith(fixture, "agent");
  assertWhole(agent);
  assert.ok(agent.includes("--period=1s"));
  const sync = await argumentsWith(fixture, "sync");
  assertWhole(sync);
  assert.ok(
    sync.some((argument) => /^--selector=.*kubernetes\.io\/os=linux,pool=a/.test(argument)),
  );
  assert.ok((await objects(fixture)).includes("Deployment"));
  await fixture.helm("rollback", "np", "1");
  assert.ok(!(await objects(fixture)).includes("Deployment"));
  await fixture.helm("uninstall", "np");
}

/** The list that the sync of 0.1.0 wrote is kept, and can be refreshed by today's plugin. */
async function oldList(fixture: SyncFixture): Promise<void> {
  await fixture.helm(
    "install",
    "np",
    oldChart,
    "--set-json",
    'nodePing.nodes=[{"name":"node-1","ipAddress":"10.0.0.1"}]',
  );
  const { code, err } = await fixture.sync(["np"]);
  assert.equal(code, 0, err);
  await fixture.helm("upgrade", "np", chart, "--reset-then-reuse-values");
  const again = await fixture.sync(["np"]);
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /is in step: 2 nodes.*agents fall back to this list/);
  await fixture.helm("uninstall", "np");
}

helmTest("upgrades from 0.1.0", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const fixture = await makeFixture(server, command, `old-${name}`);
    using api = fixture.api;
    for (const node of [1, 2]) await createNode(api, `node-${node}`, `10.0.0.${node}`);
    await t.step(`${name}: --reuse-values`, () => reuseValues(fixture));
    await t.step(`${name}: --reset-then-reuse-values`, () => resetThenReuseValues(fixture));
    await t.step(`${name}: a list that sync wrote`, () => oldList(fixture));
    for (const node of [1, 2]) await remove(api, `/api/v1/nodes/node-${node}`);
  }
});

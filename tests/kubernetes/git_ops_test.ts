/**
 * What GitOps tools do with the ConfigMap that the sync in the cluster writes: they apply what Git
 * renders again and again, on the client's side (a three-way merge) or on the server's.
 *
 * @module
 */

import assert from "node:assert/strict";
import { liveConfigMap } from "../../src/kubernetes/config_map.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { chart } from "../chart/helm.ts";
import type { ApiServer } from "./api_server.ts";
import { helmTest } from "./api_server_test_case.ts";
import type { Helm } from "../chart/helm.ts";
import { findProgram, missingPrograms, needing } from "../needing.ts";
import { makeFixture } from "../sync/fixture.ts";
import type { SyncFixture } from "../sync/fixture.ts";

const written = '[{"name":"node-1","ipAddress":"10.0.0.1"}]';
const name = "node-ping-config-live";

/** Renders the ConfigMap as Git has it and applies it; resolves with what kubectl says. */
async function apply(
  { helm, namespace, env }: SyncFixture,
  kubectl: string,
  way: readonly string[],
  isEnabled: boolean,
): Promise<string> {
  const template = "templates/configmap-live.yaml";
  const settings = ["--namespace", namespace, "--set", `sync.enabled=${isEnabled}`];
  const input = await helm("template", "x", chart, ...settings, "--show-only", template);
  const args = ["apply", "--namespace", namespace, ...way, "-f", "-"];
  const { code, stdout, stderr } = await run(spawnProcess, { command: kubectl, args, env, input });
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

const kubectl = findProgram("kubectl");

const title = "Git's own manifests neither undo the sync nor outlive it";

async function tryBothWays(
  kubectl: string,
  t: Deno.TestContext,
  server: ApiServer,
  [helm]: readonly Helm[],
): Promise<void> {
  assert.ok(helm);
  for (const way of [[], ["--server-side", "--field-manager=argocd-controller"]]) {
    const side = way.length === 0 ? "client" : "server";
    await t.step(`applied on the ${side}'s side`, async () => {
      const fixture = await makeFixture(server, helm.command, `git-ops-${side}`);
      using api = fixture.api;
      const live = liveConfigMap({ ...api, namespace: fixture.namespace }, name);
      const { signal } = new AbortController();
      const dataAfter = async (isEnabled: boolean) => {
        await apply(fixture, kubectl, way, isEnabled);
        return (await live.read(signal)).text;
      };
      assert.equal(await dataAfter(false), "[]");
      assert.equal(await dataAfter(true), undefined, "the chart's own list is gone");
      await live.write(written, await live.read(signal), signal);
      const { resourceVersion } = await live.read(signal);
      assert.equal(await dataAfter(true), written, "what the sync wrote stays");
      assert.equal((await live.read(signal)).resourceVersion, resourceVersion, "nothing to undo");
      assert.equal(await dataAfter(false), "[]", "switched off, its list is out of force");
    });
  }
}

if (kubectl === undefined) {
  Deno.test({ ...needing(title, missingPrograms("kubectl")), fn: () => {} });
} else {
  helmTest(title, (...given) => tryBothWays(kubectl, ...given));
}

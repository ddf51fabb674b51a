import type { V1Pod, V1Role } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { diagnoseFlags } from "../../src/diagnosis/diagnose.ts";
import { parseFlags } from "../../src/flags.ts";
import { meshOrigin } from "../../src/mesh/command.ts";
import { only, render, testWithHelms, valuesFile } from "./helm.ts";

testWithHelms("helm test runs diagnose on the agents of this release", async (helm) => {
  const manifests = await render(helm, ["--set", "tests.window=5s"]);
  const [container] = only<V1Pod>(manifests, "Pod").spec?.containers ?? [];
  const [command, ...args] = container?.args ?? [];
  assert.equal(command, "diagnose");
  const parsed = parseFlags(diagnoseFlags, { args, operands: { name: "release", max: 1 } });
  assert.ok(parsed.kind === "valid", JSON.stringify(parsed));
  assert.ok(parsed.settings.exitCode);
  assert.deepEqual(meshOrigin(parsed.settings, parsed.operands, () => undefined), {
    kind: "agents",
    release: "nodeping",
    windowMs: 5000,
    inCluster: true,
  });
});

testWithHelms("helm test may read agents and nothing else, while it runs", async (helm) => {
  const manifests = await render(helm, ["-f", valuesFile("everything")]);
  const hooks = manifests.filter(({ metadata }) => metadata.name === "node-ping-test");
  assert.deepEqual(hooks.map(({ kind }) => kind).sort(), [
    "Pod",
    "Role",
    "RoleBinding",
    "ServiceAccount",
  ]);
  for (const { kind, metadata } of hooks as V1Pod[]) {
    assert.equal(metadata?.annotations?.["helm.sh/hook"], "test", kind);
    const isPod = kind === "Pod";
    const policy = metadata?.annotations?.["helm.sh/hook-delete-policy"];
    assert.equal(/before-hook-creation/.test(policy ?? ""), true, kind);
    assert.equal(/hook-succeeded,hook-failed/.test(policy ?? ""), !isPod, `${kind}: ${policy}`);
    const weight = metadata?.annotations?.["helm.sh/hook-weight"];
    assert.equal(weight, isPod ? undefined : "-1", `${kind} comes before what needs it`);
  }
  assert.deepEqual(only<V1Role>(manifests, "Role", "node-ping-test").rules, [
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    { apiGroups: [""], resources: ["pods/proxy"], verbs: ["get"] },
  ]);
  const { spec } = only<V1Pod>(manifests, "Pod");
  assert.deepEqual(spec?.nodeSelector, { "kubernetes.io/os": "linux", pool: "metal" });
  assert.deepEqual(spec?.containers[0]?.env, [
    { name: "KUBERNETES_SERVICE_HOST", value: "192.0.2.10" },
  ]);
});

testWithHelms("helm test is left out where nobody wants it", async (helm) => {
  const manifests = await render(helm, ["--set", "tests.enabled=false"]);
  assert.deepEqual(manifests.filter(({ metadata }) => /-test$/.test(metadata.name)), []);
});

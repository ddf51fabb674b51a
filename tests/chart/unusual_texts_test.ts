import assert from "node:assert/strict";
import type { V1DaemonSet, V1PodSpec } from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";
import { chart, only, parseManifests, runHelm, testWithHelms } from "./helm.ts";
import type { Helm, Manifest } from "./helm.ts";

async function template(helm: Helm, release: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHelm(helm, ["template", release, chart, ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** All values of labels, as the API server reads them: Kubernetes' YAML is that of 1.1. */
function labelValues(manifest: string): readonly unknown[] {
  const objects = parseAllDocuments(manifest, { version: "1.1" }).map((one) => one.toJS());
  return (objects as Manifest[]).filter((one) => one !== null)
    .flatMap(({ metadata }) => Object.values(metadata.labels ?? {}));
}

testWithHelms("a release may have a name that YAML would read as something else", async (helm) => {
  for (const release of ["123", "1e5", "no", "true"]) {
    const manifest = await template(helm, release, ["--set", "sync.enabled=true"]);
    assert.ok(labelValues(manifest).includes(release));
    assert.deepEqual(labelValues(manifest).filter((value) => typeof value !== "string"), []);
  }
});

testWithHelms("a prefix of the textfiles is a text, whatever it looks like", async (helm) => {
  for (const prefix of ["1_2", "1.", "-", "no"]) {
    const manifest = await template(helm, "np", ["--set-string", `textfile.prefix=${prefix}`]);
    assert.match(manifest, new RegExp(`PROMETHEUS_TEXTFILE_PREFIX\n *value: "${prefix}"\n`));
  }
});

testWithHelms("a list that is null is none, and a probe's timing the default", async (helm) => {
  const empty = "imagePullSecrets=null,global.imagePullSecrets=null,livenessProbe=null," +
    "readinessProbe=null,commonLabels=null,podLabels=null,podAnnotations=null,resources=null";
  const manifests = parseManifests(await template(helm, "np", ["--set", empty]));
  const spec: V1PodSpec | undefined = only<V1DaemonSet>(manifests, "DaemonSet").spec?.template.spec;
  assert.equal(spec?.imagePullSecrets, undefined);
  assert.deepEqual(spec?.containers[0]?.livenessProbe, {
    httpGet: { path: "/healthz", port: "metrics" },
    ...{ failureThreshold: 6, periodSeconds: 10, timeoutSeconds: 5 },
  });
});

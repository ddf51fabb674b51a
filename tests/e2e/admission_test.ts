import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { V1DaemonSet } from "@kubernetes/client-node";
import {
  chart,
  helms,
  only,
  parseManifests,
  permutations,
  render,
  runHelm,
  valuesFile,
} from "../chart/helm.ts";
import type { Manifest } from "../chart/helm.ts";
import { refusedByApiServer } from "../chart/refused_values.ts";
import { clusterTest, tryKubectl, withNamespace } from "./cluster.ts";

/** Kinds that only a cluster with the Prometheus operator knows. */
const operatorKinds = new Set(["PodMonitor", "PrometheusRule"]);

const apply = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];

clusterTest(
  "the API server takes every permutation",
  {},
  (helm) =>
    withNamespace("dry-run", [], async (namespace) => {
      for (const permutation of permutations) {
        const manifests = (await render(helm, ["-n", namespace, "-f", valuesFile(permutation)]))
          .filter(({ kind }) => !operatorKinds.has(kind))
          .filter((manifest) => manifest.metadata.namespace === namespace);
        assert.ok(manifests.length >= 3, permutation);
        await applyAccounts(manifests);
        const list = { apiVersion: "v1", kind: "List", items: manifests };
        const result = await tryKubectl(apply, JSON.stringify(list));
        assert.equal(result.code, 0, `${permutation}: ${result.stderr}`);
      }
    }),
  helms,
);

clusterTest(
  "what the schema refuses, the API server refuses, too",
  {},
  (helm) =>
    withNamespace("refused", [], async (namespace) => {
      for (const { name, values } of refusedByApiServer) {
        const args = ["template", "nodeping", chart, "-n", namespace, "--skip-schema-validation"];
        const rendered = await runHelm(helm, [...args, "-f", "-"], JSON.stringify(values));
        assert.equal(rendered.code, 0, `${name}: ${rendered.stderr}`);
        const list = { apiVersion: "v1", kind: "List", items: parseManifests(rendered.stdout) };
        const result = await tryKubectl(apply, JSON.stringify(list));
        assert.notEqual(result.code, 0, `the API server takes: ${name}`);
        assert.match(result.stderr, /invalid|strict decoding error|BadRequest/i, name);
      }
    }),
);

/** A pod is admitted, even in a dry run, only where its service account stands already. */
async function applyAccounts(manifests: readonly Manifest[]): Promise<void> {
  const items = manifests.filter(({ kind }) => kind === "ServiceAccount");
  if (items.length === 0) return;
  const list = { apiVersion: "v1", kind: "List", items };
  const { code, stderr } = await tryKubectl(["apply", "-f", "-"], JSON.stringify(list));
  assert.equal(code, 0, stderr);
}

/** The pod that the DaemonSet would make: Pod Security judges pods, not DaemonSets. */
function podOf(manifests: readonly Manifest[], namespace: string): object {
  const { spec } = only<V1DaemonSet>(manifests, "DaemonSet");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "agent", namespace },
    spec: { ...spec?.template.spec, serviceAccountName: "default" },
  };
}

const levelOfMode = [
  ["default", "privileged", undefined],
  ["default", "baseline", /hostPath|host namespaces/],
  ["host-ping", "privileged", undefined],
  ["host-ping", "baseline", /hostPath|host namespaces/],
  ["restricted", "restricted", undefined],
  ["restricted-platform-user", "restricted", undefined],
] as const;

for (const [permutation, level, refusal] of levelOfMode) {
  const outcome = refusal ? "is refused" : "is admitted";
  clusterTest(
    `permutation ${permutation} ${outcome} by Pod Security ${level}`,
    {},
    (helm) =>
      withNamespace(
        `psa-${permutation}-${level}`,
        [`pod-security.kubernetes.io/enforce=${level}`],
        async (namespace) => {
          const pod = podOf(await render(helm, ["-f", valuesFile(permutation)]), namespace);
          // The service account of a new namespace comes a moment later.
          let result = await tryKubectl(
            ["create", "--dry-run=server", "-f", "-"],
            JSON.stringify(pod),
          );
          for (let i = 0; i < 20 && /serviceaccount .* not found/.test(result.stderr); i++) {
            await delay(250);
            result = await tryKubectl(
              ["create", "--dry-run=server", "-f", "-"],
              JSON.stringify(pod),
            );
          }
          if (refusal === undefined) assert.equal(result.code, 0, result.stderr);
          else assert.match(result.stderr, refusal);
        },
      ),
  );
}

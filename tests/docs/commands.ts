/** Every command of the pages' console blocks, and what shows that it works. @module */

/** How a command is tested. */
export type Proof =
  | { readonly kind: "test"; readonly path: string }
  | { readonly kind: "by hand"; readonly seen: string };

const test = (path: string): Proof => ({ kind: "test", path });
const byHand = (seen: string): Proof => ({ kind: "by hand", seen });

/** By command, as it stands on the page: continued lines joined, comments left out. */
export const testedCommands: ReadonlyMap<string, Proof> = new Map([
  ["npx --yes deno@2.9.6 task demo", test("tests/demo_test.ts")],
  [
    "npx --yes deno@2.9.6 task demo --ui",
    byHand("2026-11-27: five nodes; a link that a key cut was named after 6 s, and gone 8 s after"),
  ],
  [
    "npx --yes deno@2.9.6 task test",
    byHand(
      "2026-11-28: on a fresh Debian 12 with nodejs, npm, fping, iproute2, nftables, gcc and prometheus: " +
        "1,285 passed, 86 skipped, 5 min 26 s",
    ),
  ],
  [
    "NODEPING_IMAGE=localhost/nodeping:dev NODEPING_E2E_CLUSTER=/path/to/fault-tool " +
    "deno task soak --seed 5 --output soak.json",
    byHand("2026-11-28: on 12 real kubelets, for 10 minutes: docs/soak.md"),
  ],
  ["deno task build", test(".ci/run")],
  [
    "deno task build && helm plugin install ./helm-plugin",
    byHand("2026-11-28: with Helm 3 and 4; the parts by .ci/run and tests/plugin/plugin_test.ts"),
  ],
  ["deno task image", byHand("2026-11-28: with BASE, BUILD and FPING, as in .ci/run")],
  [
    "deno task build && deno task plugin && deno task image",
    byHand("2026-11-23: the image with BASE, BUILD and FPING, as in .ci/run"),
  ],
  [
    "helm install nodeping chart/ --namespace monitoring --create-namespace",
    test("tests/kubernetes/life_of_a_release_test.ts"),
  ],
  [
    "helm upgrade nodeping chart/ --namespace monitoring --reset-then-reuse-values",
    test("tests/kubernetes/life_of_a_release_test.ts"),
  ],
  [
    "helm uninstall nodeping --namespace monitoring",
    test("tests/kubernetes/life_of_a_release_test.ts"),
  ],
  ["helm package chart/ --destination dist", test("tests/kubernetes/life_of_a_release_test.ts")],
  ["helm nodeping diagnose --namespace monitoring", test("tests/e2e/diagnose_test.ts")],
  ["helm nodeping sync", test("tests/sync/one_shot_test.ts")],
  ["helm nodeping sync --dry-run", test("tests/sync/one_shot_test.ts")],
  ["helm nodeping sync --values-file nodes.yaml", test("tests/sync/one_shot_test.ts")],
  ["helm plugin install ./helm-plugin", test("tests/plugin/plugin_test.ts")],
  [
    "kubectl logs --namespace monitoring daemonset/node-ping",
    byHand("2026-11-23: on seven real kubelets, with the namespace and name of a release there"),
  ],
  [
    "nodeping agent --check-config --config nodes.json --node node-1",
    test("src/agent/command_test.ts"),
  ],
  [
    "deno run -A main.ts diagnose --textfiles examples/textfiles",
    test("tests/diagnosis/command_test.ts"),
  ],
  [
    "BASE=... FPING=... BUILD=dist deno task image",
    test(".ci/run"),
  ],
  [
    "NODEPING_IMAGE=localhost/nodeping:dev NODEPING_E2E_CLUSTER=/path/to/fault-tool " +
    "NODEPING_E2E_PROMETHEUS=http://prometheus:9090 deno task e2e",
    test(".ci/run"),
  ],
  ["deno test -A tests/network", test("tasks/run_tests.ts")],
  ["deno test -A --parallel tests/network", test("tasks/run_tests.ts")],
]);

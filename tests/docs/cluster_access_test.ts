import assert from "node:assert/strict";
import { kubeconfigFields } from "../../src/kubernetes/kubeconfig.ts";
import { helmOverrides } from "../../src/kubernetes/endpoint.ts";
import { testWithHelms } from "../chart/helm.ts";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { root } from "./pages.ts";

const page = Deno.readTextFileSync(`${root}docs/cluster-access.md`);

/** What stands in the first column of the table with this head. */
function rows(head: string): readonly string[] {
  const [, table = ""] =
    new RegExp(`^\\| ${head} .*\\n\\|[ |-]+\\n((?:\\|.*\\n)+)`, "m").exec(page) ?? [];
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name);
}

Deno.test("docs/cluster-access.md says of every field that is heeded what it does, and of no other", () => {
  for (const [kind, fields] of Object.entries(kubeconfigFields)) {
    assert.deepEqual([...rows(`\`${kind}\``)].sort(), [...fields].sort(), kind);
  }
});

/** kubectl's own fields, of its reference of kubeconfig (v1); so that none is forgotten. */
const kubectlFields: Readonly<Record<keyof typeof kubeconfigFields, string>> = {
  cluster: "server tls-server-name insecure-skip-tls-verify certificate-authority " +
    "certificate-authority-data proxy-url disable-compression extensions",
  user:
    "client-certificate client-certificate-data client-key client-key-data token tokenFile as " +
    "as-uid as-groups as-user-extra username password auth-provider exec extensions",
  context: "cluster user namespace extensions",
  exec: "command args env apiVersion installHint provideClusterInfo interactiveMode",
};

Deno.test("every field of kubectl's is heeded", () => {
  for (const [kind, fields] of Object.entries(kubectlFields)) {
    const heeded: readonly string[] = Reflect.get(kubeconfigFields, kind);
    assert.deepEqual([...heeded].sort(), fields.split(" ").sort(), kind);
  }
});

Deno.test("docs/cluster-access.md names every variable that is read, and no other", () => {
  const read: string[] = ["HELM_BIN", "HELM_MAX_HISTORY"];
  helmOverrides((name) => void read.push(name));
  assert.deepEqual([...rows("variable")].sort(), read.sort());
});

testWithHelms("every HELM_KUBE* variable of Helm's is heeded", async ({ command }) => {
  const { stdout } = await run(spawnProcess, { command, args: ["env"] });
  const known = rows("variable");
  const variables = [...stdout.matchAll(/^(HELM_KUBE\w+|HELM_NAMESPACE)=/gm)].map(([, name]) =>
    name
  );
  assert.ok(variables.length >= 9);
  assert.deepEqual(variables.filter((name) => !known.includes(name ?? "")), []);
});

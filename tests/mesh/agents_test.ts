import assert from "node:assert/strict";
import { runCli } from "../../src/cli.ts";
import { makeApi } from "../../src/kubernetes/client.ts";
import type { KubernetesApi } from "../../src/kubernetes/client.ts";
import { connect } from "../../src/kubernetes/credentials.ts";
import { spawnProcess } from "../../src/platform/process.ts";
import { connectDeps, runCommand } from "../fakes/deps.ts";
import type { ApiServer } from "../kubernetes/api_server.ts";
import { apiServerTest } from "../kubernetes/api_server_test_case.ts";

const signal = new AbortController().signal;

const nodeping = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  runCommand(runCli, args, env, { spawn: spawnProcess });

async function post(api: KubernetesApi, path: string, object: object): Promise<void> {
  const body = JSON.stringify(object);
  await api.json(path, { method: "POST", body, contentType: "application/json", signal });
}

/** What the chart's DaemonSet makes, without a kubelet that would run it. */
async function createAgent(api: KubernetesApi): Promise<void> {
  const namespace = "/api/v1/namespaces/default";
  await post(api, `${namespace}/serviceaccounts`, { metadata: { name: "default" } });
  await post(api, `${namespace}/pods`, {
    metadata: {
      name: "agent-1",
      labels: {
        "app": "node-ping",
        "app.kubernetes.io/component": "agent",
        "app.kubernetes.io/instance": "np",
      },
    },
    spec: {
      nodeName: "node-1",
      automountServiceAccountToken: false,
      containers: [{
        name: "node-ping",
        image: "nodeping",
        ports: [{ name: "metrics", containerPort: 10927 }],
      }],
    },
  });
  await api.json(`${namespace}/pods/agent-1/status`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: JSON.stringify({ status: { phase: "Running" } }),
    signal,
  });
}

async function letBob(api: KubernetesApi, verb: string, resource: string): Promise<void> {
  const roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
  await post(api, `${roles}/roles`, {
    metadata: { name: "reader" },
    rules: [{ apiGroups: [""], resources: [resource], verbs: [verb] }],
  });
  await post(api, `${roles}/rolebindings`, {
    metadata: { name: "reader" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bob" }],
  });
}

async function environments(server: ApiServer): Promise<{
  readonly admin: Readonly<Record<string, string>>;
  readonly bob: Readonly<Record<string, string>>;
}> {
  const bob = `${server.directory}/bob`;
  const text = await Deno.readTextFile(server.kubeconfig);
  await Deno.writeTextFile(bob, text.replace(server.adminToken, server.bobToken));
  return { admin: { KUBECONFIG: server.kubeconfig }, bob: { KUBECONFIG: bob } };
}

apiServerTest("matrix and diagnose read the agents of a cluster", async (t, server) => {
  const { admin, bob } = await environments(server);
  using api = makeApi(await connect(connectDeps(admin)));

  await t.step("no cluster: they say what to set", async () => {
    const { code, err } = await nodeping(["diagnose"], { HOME: server.directory });
    assert.equal(code, 1);
    assert.match(err, /No cluster to talk to: .*set KUBECONFIG/);
  });

  await t.step("no agent: they name namespace and release", async () => {
    for (const command of ["matrix", "diagnose"]) {
      const args = [command, "np", "-n", "elsewhere"];
      const { code, err } = await nodeping(args, { ...admin, HELM_NAMESPACE: "other" });
      assert.equal(code, 1);
      assert.match(
        err,
        /^No agent of nodeping in the namespace "elsewhere" of the release "np": .*install/,
      );
    }
    const { err } = await nodeping(["matrix"], { ...admin, HELM_NAMESPACE: "other" });
    assert.match(err, /in the namespace "other": give --namespace/);
  });

  await t.step("no rights: they name the verb and the resource", async () => {
    const list = await nodeping(["diagnose"], bob);
    assert.equal(list.code, 1);
    assert.match(list.err, /cannot list resource "pods".*"get" of pods\/proxy .*"default"/);

    await createAgent(api);
    await letBob(api, "list", "pods");
    const proxy = await nodeping(["diagnose"], bob);
    assert.equal(proxy.code, 1);
    assert.match(proxy.err, /cannot get resource "pods\/proxy".*needs the verbs/);
  });

  await t.step("no answer: the agent is named, and only --exit-code fails", async () => {
    const { code, out } = await nodeping(["diagnose", "np", "--window=1s"], admin);
    assert.equal(code, 0);
    assert.match(out, /Nothing can be said.*No data from 1 of 1 sources:\n {2}node-1: its agent/s);
    const strict = await nodeping(["diagnose", "np", "--window=1s", "--exit-code"], admin);
    assert.equal(strict.code, 1);
  });
});

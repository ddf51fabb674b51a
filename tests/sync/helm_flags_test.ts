import assert from "node:assert/strict";
import { run, spawnProcess } from "../../src/platform/process.ts";
import { kubeconfigText } from "../kubernetes/api_server.ts";
import type { ApiServer } from "../kubernetes/api_server.ts";
import { helmTest } from "../kubernetes/api_server_test_case.ts";
import { denoDirectory } from "../needing.ts";
import { createNode, makeFixture, testChart } from "./fixture.ts";

const plugin = new URL("../../helm-plugin", import.meta.url).pathname;

helmTest("sync talks to the cluster that Helm's flags point at", async (t, server, helms) => {
  for (const { name, command } of helms) {
    const env = homeOf(server, name);
    const call = (...args: readonly string[]) => run(spawnProcess, { command, args, env });
    const installed = await call("plugin", "install", plugin);
    assert.equal(installed.code, 0, installed.stderr);
    const fixture = await makeFixture(server, command, name);
    using _ = fixture.api;
    if (name === helms[0]?.name) await createNode(fixture.api, "node-1", "10.0.0.1");
    await fixture.helm("install", "np", testChart);
    for (const [flags, expected] of Object.entries(await flagLines(server))) {
      const shown = flags.replaceAll(server.directory, "DIR").replaceAll(server.url, "URL");
      await t.step(`${name} ${shown}`, async () => {
        const answer = await call(...flags.split(" "), "-n", name, "nodeping", "sync", "np");
        assert.match(answer.stdout + answer.stderr, expected);
      });
    }
  }
});

/** No kubeconfig but what the flags name. */
function homeOf(server: ApiServer, name: string): Record<string, string> {
  const home = `${server.directory}/home-${name}`;
  const helmHomes = ["CACHE", "CONFIG", "DATA"].map((kind): [string, string] => [
    `HELM_${kind}_HOME`,
    `${home}/${kind}`,
  ]);
  return {
    HOME: home,
    KUBECONFIG: "",
    DENO_DIR: denoDirectory(),
    ...Object.fromEntries(helmHomes),
  };
}

async function flagLines(server: ApiServer): Promise<Readonly<Record<string, RegExp>>> {
  const { url, directory } = server;
  const ca = `--kube-ca-file=${directory}/ca.crt`;
  const admin = "--kube-token=admin-token";
  const both = `${directory}/two-contexts`;
  const parts = { server: url, ca: `${directory}/ca.crt` };
  const two = ["admin", "bob"].map((name) =>
    JSON.parse(kubeconfigText({ ...parts, name, user: { token: `${name}-token` } }))
  );
  const joined = Object.fromEntries(
    ["clusters", "users", "contexts"].map((key) => [key, two.flatMap((one) => one[key])]),
  );
  await Deno.writeTextFile(both, JSON.stringify({ ...joined, "current-context": "bob" }));
  const inStep = /Release "np" is in step: 1 nodes/;
  const bobIsRefused = /User "bob" cannot list resource/;
  return {
    [`--kube-apiserver=${url} ${admin} ${ca}`]: inStep,
    [`--kube-apiserver=${url} --kube-token=bob-token ${ca}`]: bobIsRefused,
    [`--kubeconfig=${server.kubeconfig}`]: inStep,
    [`--kubeconfig=${both} --kube-context=admin`]: inStep,
    [`--kubeconfig=${both}`]: bobIsRefused,
    [`--kubeconfig=${server.kubeconfig} --kube-as-user=bob`]: bobIsRefused,
    [`--kubeconfig=${server.kubeconfig} --kube-as-user=bob --kube-as-group=x --kube-as-group=system:masters`]:
      inStep,
    [`--kube-apiserver=${url} ${admin} --kube-insecure-skip-tls-verify=true`]: inStep,
    [`--kubeconfig=${server.kubeconfig} --kube-tls-server-name=api.nodeping.test`]: inStep,
  };
}

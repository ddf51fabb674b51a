/** Releases of the chart as the tests install them: beside whatever the cluster has. @module */

import assert from "node:assert/strict";
import type { Finished } from "../../src/platform/process.ts";
import { chart, runHelm } from "../chart/helm.ts";
import type { Helm } from "../chart/helm.ts";
import { image } from "./cluster.ts";

/** Name of the tests' release and of its objects. */
export const releaseName = "nodeping-e2e";
/** Port of the tests' agents, so that a nodeping in use is not disturbed. */
export const agentPort = 20927;

/** The way to the API server from a pod, where the cluster has no kube-proxy. */
const [apiHost, apiPort] = Deno.env.get("NODEPING_E2E_API")?.split(":") ?? [];
/** The environment of pods that talk to the API server. */
export const apiEnv: readonly { readonly name: string; readonly value: string }[] = [
  ...(apiHost ? [{ name: "KUBERNETES_SERVICE_HOST", value: apiHost }] : []),
  ...(apiPort ? [{ name: "KUBERNETES_SERVICE_PORT", value: apiPort }] : []),
];

/** Values of every release of the tests. */
export function baseValues(): Record<string, unknown> {
  return {
    fullnameOverride: releaseName,
    port: agentPort,
    updateStrategy: { rollingUpdate: { maxUnavailable: 1 } },
    tests: { window: "5s", extraEnv: apiEnv },
    sync: { extraEnv: apiEnv },
    ...(image === undefined ? {} : { image: imageValues(image) }),
  };
}

/** The image's name as the chart's values: never pulled, since it is on the nodes. */
export function imageValues(name: string): Record<string, string> {
  const match = /^([^/]+)\/(.+):([^:/]+)$/.exec(name);
  assert.ok(match, `NODEPING_IMAGE is "${name}": write REGISTRY/REPOSITORY:TAG`);
  return { registry: match[1]!, repository: match[2]!, tag: match[3]!, pullPolicy: "Never" };
}

/** Installs or upgrades the release with these values on top of the base, and waits until it is ready. */
export async function deploy(
  helm: Helm,
  namespace: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const result = await tryDeploy(helm, namespace, { ...baseValues(), ...values }, ["--wait"]);
  if (result.code !== 0) throw new Error(result.stderr);
  return result.stdout;
}

/** Installs or upgrades, whatever comes of it. */
export function tryDeploy(
  helm: Helm,
  namespace: string,
  values: Readonly<Record<string, unknown>>,
  flags: readonly string[] = [],
  release: string = releaseName,
): Promise<Finished> {
  return runHelm(
    helm,
    ["upgrade", "--install", release, chart, "-n", namespace, "-f", "-", "--timeout=90s", ...flags],
    JSON.stringify(values),
  );
}

/** Runs Helm for the release and gives its output. */
export async function helmDo(helm: Helm, namespace: string, ...args: string[]): Promise<string> {
  const result = await runHelm(helm, [...args, "-n", namespace]);
  if (result.code !== 0) throw new Error(`${args.join(" ")}: ${result.stderr}`);
  return result.stdout;
}

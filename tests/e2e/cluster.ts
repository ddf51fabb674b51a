/**
 * The cluster that the tests find: $KUBECONFIG, and what the environment says of it.
 *
 * NODEPING_IMAGE            name of the image, already on the nodes (tests with agents)
 * NODEPING_E2E_CLUSTER      the tool that makes faults: `TOOL cut A B`, `heal`, `on-node I COMMAND`, `add-node I`,
 *                           `remove-node I`, `textfiles I` (tests with faults)
 * NODEPING_E2E_API          HOST:PORT of the API server for pods, where the cluster has no kube-proxy
 * NODEPING_E2E_PROMETHEUS   URL of a Prometheus that scrapes every node's node-exporter
 *
 * @module
 */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished } from "../../src/platform/process.ts";
import { helms } from "../chart/helm.ts";
import { needing } from "../needing.ts";
import type { Helm } from "../chart/helm.ts";

/** Name of the image with the agents; undefined when none was given. */
export const image: string | undefined = Deno.env.get("NODEPING_IMAGE");
/** The tool that makes faults; undefined when none was given. */
export const faultTool: string | undefined = Deno.env.get("NODEPING_E2E_CLUSTER");
/** Base URL of Prometheus; undefined when none was given. */
export const prometheusUrl: string | undefined = Deno.env.get("NODEPING_E2E_PROMETHEUS");

/** What a test needs besides the API server. */
export interface Needs {
  readonly image?: true;
  readonly faults?: true;
  readonly prometheus?: true;
}

/** Registers a test for one or every Helm; ignored, with the reason in its name, when something lacks. */
export function clusterTest(
  name: string,
  needs: Needs,
  test: (helm: Helm) => Promise<void>,
  which: readonly Helm[] = helms.slice(-1),
): void {
  const lacking = [
    ...(Deno.env.get("KUBECONFIG") ? [] : ["KUBECONFIG"]),
    ...(helms.length > 0 ? [] : ["helm"]),
    ...(needs.image && !image ? ["NODEPING_IMAGE"] : []),
    ...(needs.faults && !faultTool ? ["NODEPING_E2E_CLUSTER"] : []),
    ...(needs.prometheus && !prometheusUrl ? ["NODEPING_E2E_PROMETHEUS"] : []),
  ];
  if (lacking.length > 0) {
    Deno.test({ ...needing(name, `no ${lacking.join(", ")}`), fn(): void {} });
    return;
  }
  for (const helm of which) Deno.test(`${helm.name}: ${name}`, () => test(helm));
}

/** Runs kubectl to its end, whatever its exit code. */
export function tryKubectl(args: readonly string[], input?: string): Promise<Finished> {
  return run(spawnProcess, {
    command: "kubectl",
    args,
    ...(input === undefined ? {} : { input }),
  });
}

/** Runs kubectl and gives its output. Throws what it says on stderr when it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const result = await tryKubectl(args);
  if (result.code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${result.stderr.trim()}`);
  return result.stdout;
}

/** Gets an object or a list from the API server. */
export async function get<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl("get", ...args, "-o", "json")) as T;
}

/** The command line of the tool that makes faults. */
export function faultCommand(...args: readonly string[]): string[] {
  assert.ok(faultTool);
  return [faultTool, ...args];
}

/** Runs the tool that makes faults. */
export async function makeFault(...args: readonly string[]): Promise<string> {
  const [command = ""] = faultCommand();
  const result = await run(spawnProcess, { command, args });
  if (result.code !== 0) throw new Error(`${args.join(" ")}: ${result.stderr.trim()}`);
  return result.stdout.trim();
}

/** A namespace for one test, removed with all that is in it; nobody waits for the removal. */
export async function withNamespace(
  name: string,
  labels: readonly string[],
  test: (namespace: string) => Promise<void>,
): Promise<void> {
  const namespace = `nodeping-e2e-${name}-${Math.random().toString(36).slice(2, 7)}`;
  const object = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      labels: Object.fromEntries(labels.map((label) => label.split("="))),
    },
  };
  const created = await tryKubectl(["create", "-f", "-"], JSON.stringify(object));
  assert.equal(created.code, 0, created.stderr);
  try {
    await test(namespace);
  } finally {
    await kubectl("delete", "daemonset", "--all", "-n", namespace);
    await kubectl("delete", "namespace", namespace, "--wait=false");
  }
}

/** Waits until the check passes, at most so many seconds; then throws what it said last. */
export async function eventually<T>(seconds: number, check: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (true) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(0.5);
    }
  }
}

/** Waits. */
export function pause(seconds: number): Promise<void> {
  return delay(seconds * 1000);
}

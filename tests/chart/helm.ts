/** Helm as the chart's tests use it: every Helm of this machine, rendering the chart. @module */

import { parseAllDocuments } from "yaml";
import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished } from "../../src/platform/process.ts";
import { findProgram, needing, noHelm } from "../needing.ts";

/** One Helm program. */
export interface Helm {
  /** "helm3" or "helm4". */
  readonly name: string;
  /** Path of the program. */
  readonly command: string;
}

/** What every Kubernetes object has; {@linkcode only} gives the rest its type. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** Path of the chart. */
export const chart: string = new URL("../../chart", import.meta.url).pathname;

/** Names of the files chart/ci/NAME-values.yaml, sorted. */
export const permutations: readonly string[] = [...Deno.readDirSync(`${chart}/ci`)]
  .map((entry) => entry.name.replace(/-values\.yaml$/, ""))
  .sort();

/** The values file of a permutation. */
export function valuesFile(permutation: string): string {
  return `${chart}/ci/${permutation}-values.yaml`;
}

/**
 * The Helms to test with: $HELM3 and $HELM4, else helm3 and helm4 from the PATH, else its helm.
 * Empty where there is none.
 */
export const helms: readonly Helm[] = await findHelms();

async function findHelms(): Promise<readonly Helm[]> {
  const found = new Map<string, Helm>();
  for (const program of ["helm3", "helm4", "helm"]) {
    const command = findProgram(program);
    if (command === undefined) continue;
    const major = await majorVersion(command);
    const name = `helm${major}`;
    if (major !== undefined && !found.has(name)) found.set(name, { name, command });
  }
  return [...found.values()];
}

async function majorVersion(command: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(spawnProcess, { command, args: ["version", "--short"] });
    return /^v(\d+)\./.exec(stdout)?.[1];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Runs Helm to its end, whatever its exit code. */
export function runHelm(helm: Helm, args: readonly string[], input?: string): Promise<Finished> {
  return run(spawnProcess, {
    command: helm.command,
    args,
    ...(input === undefined ? {} : { input }),
  });
}

/** Renders the chart without a cluster, as release "nodeping" in namespace "monitoring". */
export async function render(helm: Helm, args: readonly string[] = []): Promise<Manifest[]> {
  const result = await runHelm(helm, ["template", "nodeping", chart, "-n", "monitoring", ...args]);
  if (result.code !== 0) throw new Error(result.stderr);
  return parseManifests(result.stdout);
}

/** The objects of a rendered text; empty documents are left out. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJSON() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The only object of that kind, as the type given. Throws when there is none or another one. */
export function only<T>(manifests: readonly Manifest[], kind: string, name?: string): T {
  const found = manifests.filter((manifest) =>
    manifest.kind === kind && (name === undefined || manifest.metadata.name === name)
  );
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind} ${name ?? ""}`);
  return found[0] as T;
}

/** Registers a test for every Helm found; without any, an ignored one that says so. */
export function testWithHelms(name: string, test: (helm: Helm) => Promise<void>): void {
  for (const helm of helms) Deno.test(`${helm.name}: ${name}`, () => test(helm));
  if (helms.length === 0) {
    Deno.test({ ...needing(name, noHelm), fn(): void {} });
  }
}

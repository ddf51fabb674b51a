/**
 * Disposable network namespaces: tests, benchmarks and the demo stay inside those they made.
 *
 * @module
 */

import { run, spawnProcess } from "../../src/platform/process.ts";
import type { Finished } from "../../src/platform/process.ts";
import { findProgram, missingPrograms } from "../needing.ts";

/** Start of the names of all namespaces; the id of the process that made them follows. */
const prefixes = ["np-test", "nodeping-demo"] as const;
let hasSwept = false;
const ip = findProgram("ip") ?? "ip";

/** Where commands are run. */
export interface Inside {
  /** The command line that runs `command` in this namespace; the process keeps its id. */
  readonly inside: (...command: readonly string[]) => string[];
  /** Runs a command in this namespace; rejects with its output when it fails. */
  readonly run: (...command: readonly string[]) => Promise<string>;
}

/** A network namespace that goes, with every process in it, when it is disposed of. */
export interface Namespace extends Inside, AsyncDisposable {
  readonly name: string;
}

/** Why network tests cannot run on this machine; undefined when they can. */
export function networkTestsUnavailable(): string | undefined {
  if (Deno.build.os !== "linux") return "network namespaces need Linux";
  if (Deno.uid() !== 0) return "network namespaces need root";
  const missing = missingPrograms("ip", "nft", "fping");
  if (missing !== undefined) return missing;
  if (!exists("/dev/net/tun")) return "/dev/net/tun is missing (modprobe tun)";
  return undefined;
}

/**
 * Makes a namespace with its loopback up, after removing those that dead processes left. Its name ends
 * with `label`: by chance when absent, since with --parallel test files are workers of one process.
 */
export async function makeNamespace(
  label: string = crypto.randomUUID().slice(0, 8),
  prefix: typeof prefixes[number] = "np-test",
): Promise<Namespace> {
  if (!hasSwept) await removeLeftovers();
  hasSwept = true;
  const name = `${prefix}-${Deno.pid}-${label}`;
  const inside = (...args: readonly string[]) => [ip, "netns", "exec", name, ...args];
  const namespace: Namespace = {
    name,
    inside,
    run: (...args) => command(...inside(...args)),
    [Symbol.asyncDispose]: () => remove(name),
  };
  try {
    await command(ip, "netns", "add", name);
    await namespace.run(ip, "link", "set", "lo", "up");
  } catch (error) {
    await remove(name).catch(() => undefined); // where there is one, half made
    throw error;
  }
  return namespace;
}

/** One end of a virtual cable. */
export interface CableEnd {
  readonly namespace: Namespace;
  /** Name of the interface, at most 15 characters. */
  readonly device: string;
  /** Addresses with prefix length, IPv4 or IPv6. */
  readonly addresses: readonly string[];
}

/** Joins two namespaces by a veth pair, both ends up and addressed. */
export async function connect(a: CableEnd, b: CableEnd): Promise<void> {
  const peer = ["peer", "name", b.device, "netns", b.namespace.name];
  await a.namespace.run(ip, "link", "add", a.device, "type", "veth", ...peer);
  for (const end of [a, b]) await configure(end.namespace, end.device, end.addresses);
}

/** Gives a device its addresses (IPv6 without duplicate address detection) and takes it up. */
export async function configure(
  namespace: Inside,
  device: string,
  addresses: readonly string[],
): Promise<void> {
  for (const address of addresses) {
    const nodad = address.includes(":") ? ["nodad"] : [];
    await namespace.run(ip, "address", "add", address, "dev", device, ...nodad);
  }
  await namespace.run(ip, "link", "set", device, "up");
}

/** Loads nft rules into the namespace, for instance `oif "eth0" drop` in a chain. */
export async function loadFirewall(namespace: Namespace, rules: string): Promise<void> {
  await feed(namespace.inside(findProgram("nft") ?? "nft", "-f", "-"), rules);
}

/** A firewall that refuses what is sent to `destination`: sendto() fails with EPERM. */
export function refuseOutputTo(destination: string): string {
  const family = destination.includes(":") ? "ip6" : "ip";
  return `table inet refuse { chain out { type filter hook output priority 0;
    ${family} daddr ${destination} drop; }; }`;
}

async function command(...line: readonly string[]): Promise<string> {
  return await feed(line);
}

async function feed(line: readonly string[], input?: string): Promise<string> {
  const [program = "", ...args] = line;
  const request = { command: program, args, ...(input === undefined ? {} : { input }) };
  const finished: Finished = await run(spawnProcess, request);
  if (finished.code === 0) return finished.stdout;
  throw new Error(`"${line.join(" ")}" ended with ${finished.code}: ${finished.stderr.trim()}`);
}

/** Tries twice: a second Ctrl-C reaches the commands that remove, too. */
async function remove(name: string): Promise<void> {
  for (const isLast of [false, true]) {
    try {
      await removeOnce(name);
      return;
    } catch (cause) {
      if (!(await namespaceNames()).includes(name)) return;
      if (isLast) throw new Error(`Cannot remove ${name}: ip netns delete ${name}`, { cause });
    }
  }
}

async function removeOnce(name: string): Promise<void> {
  const pids = (await command(ip, "netns", "pids", name)).split("\n").filter(Boolean).map(Number);
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  await command(ip, "netns", "delete", name);
}

async function removeLeftovers(): Promise<void> {
  const made = new RegExp(`^(?:${prefixes.join("|")})-(\\d+)-`);
  for (const name of await namespaceNames()) {
    const pid = made.exec(name)?.[1];
    if (pid !== undefined && !exists(`/proc/${pid}`)) await remove(name);
  }
}

async function namespaceNames(): Promise<readonly string[]> {
  const lines = (await command(ip, "netns", "list")).split("\n");
  return lines.map((line) => line.split(" ")[0] ?? "");
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

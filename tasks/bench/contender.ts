/** One program that probes, in a network of its own, with all that is accounted for it. @module */

import { sleep } from "../../tests/network/agent_process.ts";
import type { ProbeSettings } from "../../src/fping/arguments.ts";
import { loadFirewall, makeNamespace } from "../../tests/network/namespace.ts";
import type { Namespace } from "../../tests/network/namespace.ts";
import { cpuSecondsOf, makeProcessGroup } from "./process_group.ts";
import type { ProcessGroup } from "./process_group.ts";

/** What to start. */
export interface ContenderOptions {
  readonly name: string;
  readonly line: readonly string[];
  /** Rules of nft for its network. */
  readonly firewall?: string;
}

/** Everything counted since the start of a contender. */
export interface Reading {
  readonly atSeconds: number;
  /** Processor time of all its processes, in seconds. */
  readonly cpuSeconds: number;
  /** The part of it that the program itself used. */
  readonly ownCpuSeconds: number;
  /** The part of it that its living children used: the fpings of an agent that probe all the time. */
  readonly childrenCpuSeconds: number;
  /** Probes that its network sent, by the kernel's own count: echo requests without path MTU's, which are large. */
  readonly requests: number;
}

/** Memory of a process, in bytes. */
export interface Memory {
  readonly residentBytes: number;
  readonly anonymousBytes: number;
}

/** A running contender; it is ended when it is disposed of. */
export interface Contender extends AsyncDisposable {
  readonly name: string;
  readonly namespace: Namespace;
  readonly read: () => Reading;
  /** Memory of the program itself, without its children. */
  readonly memory: () => Memory;
  /** Sends it a signal and waits for its end; returns what it wrote to standard error. */
  readonly finish: (signal: Deno.Signal) => Promise<string>;
}

let count = 0;

/** Starts a contender in a namespace and a group of its own; its output goes nowhere. */
export async function startContender(options: ContenderOptions): Promise<Contender> {
  await using parts = new AsyncDisposableStack();
  const namespace = parts.use(await makeGround());
  await loadFirewall(namespace, countingRules);
  if (options.firewall !== undefined) await loadFirewall(namespace, options.firewall);
  const group = makeProcessGroup(`nodeping-bench-${Deno.pid}-${count++}`);
  const [program = "", ...args] = group.inside(...namespace.inside(...options.line));
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "piped" })
    .spawn();
  const complaints = new Response(child.stderr).text();
  parts.defer(async () => {
    await group[Symbol.asyncDispose]();
    await child.status;
    await complaints;
  });
  await sleep(300);
  if (group.pids().length === 0) {
    throw new Error(`${options.name} ended at once: ${(await complaints).trim()}`);
  }
  const kept = parts.move();
  return {
    name: options.name,
    namespace,
    read: () => read(group, namespace, child.pid),
    memory: () => memoryOf(child.pid),
    finish: async (signal) => {
      child.kill(signal);
      await child.status;
      return await complaints;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function read(group: ProcessGroup, namespace: Namespace, main: number): Reading {
  const children = group.pids().filter((pid) => pid !== main);
  return {
    atSeconds: performance.now() / 1000,
    cpuSeconds: group.cpuSeconds(),
    ownCpuSeconds: cpuSecondsOf(main),
    childrenCpuSeconds: children.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0),
    requests: probesSent(namespace),
  };
}

/** Counts what {@linkcode probesSent} reads; one packet through it takes some 0.1 us, of every contender. */
const countingRules = `table inet bench {
  counter probes {}
  chain out {
    type filter hook output priority 0;
    icmp type echo-request meta length < 200 counter name probes
  }
}`;

function probesSent(namespace: Namespace): number {
  const line = namespace.inside("nft", "list", "counter", "inet", "bench", "probes");
  const [program = "", ...args] = line;
  const { stdout } = new Deno.Command(program, { args, stderr: "inherit" }).outputSync();
  const [, packets] = /packets (\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
  if (packets === undefined) throw new Error(`"${line.join(" ")}" does not say how many packets`);
  return Number(packets);
}

/** Memory of a running process. */
export function memoryOf(pid: number): Memory {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (field: string) =>
    1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
  return { residentBytes: bytes("VmRSS"), anonymousBytes: bytes("RssAnon") };
}

/** The agent's defaults. */
export const probing: ProbeSettings = {
  periodMs: 500,
  timeoutMs: 1000,
  sizeBytes: 56,
  sockets: "raw",
  pacing: "spread",
};

/** Every address of it is answered by the kernel at once, and none is of an interface. */
const localNetwork = "10.76.0.0/16";

/** Name of the node that probes. */
export const ownNode = "here";

/** Address of the node that probes; the agent also probes it, as its own target. */
const ownAddress = "10.76.255.254";

/** What the agent probes besides its destinations. */
export const ownTargets = ["127.0.0.1", ownAddress] as const;

/** Addresses to probe, at most 65,000 of them. */
export function addresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `10.76.${n >> 8}.${n & 255}`);
}

/** The node list of the own node and these destinations. */
export function nodeList(count: number): string {
  const nodes = [
    { name: ownNode, ipAddress: ownAddress },
    ...addresses(count).map((ipAddress, n) => ({
      name: `worker-${String(n).padStart(5, "0")}.example`,
      ipAddress,
    })),
  ];
  return JSON.stringify(nodes);
}

/**
 * A network namespace of its own for each contender: a raw socket gets every ICMP packet of its
 * namespace, so that two contenders in one would pay for each other.
 */
export async function makeGround(): Promise<Namespace> {
  const namespace = await makeNamespace();
  await namespace.run("ip", "route", "add", "local", localNetwork, "dev", "lo");
  await namespace.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647");
  return namespace;
}

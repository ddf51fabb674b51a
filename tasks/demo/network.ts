/** A switch and its nodes as network namespaces of this machine, and the cutting of a link. @module */

import { run } from "../../src/platform/process.ts";
import type { Spawn } from "../../src/platform/process.ts";

/** Start of the name of every namespace of every demo. */
const namespacePrefix = "nodeping-demo";

/** One node of the demo: a namespace with one network card. */
export interface DemoNode {
  readonly name: string;
  /** IPv4, from the block that is reserved for documentation (RFC 5737). */
  readonly address: string;
  /** The command line that runs `command` on this node; the process keeps its id. */
  readonly inside: (...command: readonly string[]) => string[];
}

/** Paths of the system's programs. */
export interface NetworkPrograms {
  readonly ip: string;
  readonly nft: string;
}

/** Nodes on one switch; disposing of it removes the namespaces with every process in them. */
export class DemoNetwork implements AsyncDisposable {
  readonly nodes: readonly DemoNode[];
  readonly #spawn: Spawn;
  readonly #programs: NetworkPrograms;
  /** By process: several demos can run at the same time. */
  readonly #prefix = `${namespacePrefix}-${Deno.pid}`;

  constructor(count: number, spawn: Spawn, programs: NetworkPrograms) {
    this.#spawn = spawn;
    this.#programs = programs;
    this.nodes = Array.from({ length: count }, (_, index) => {
      const name = `node-${index + 1}`;
      return {
        name,
        address: `192.0.2.${index + 1}`,
        inside: (...command) => this.#inside(name, command),
      };
    });
  }

  /** Makes the namespaces, after removing those of demos that were killed. */
  async build(signal: AbortSignal): Promise<void> {
    await this.#removeOrphans();
    const ip = (...args: string[]) => this.#run([this.#programs.ip, ...args], signal);
    const inSwitch = (...args: string[]) => ip("-n", `${this.#prefix}-switch`, ...args);
    await this.#addNamespace("switch", signal);
    await inSwitch("link", "add", "switch", "type", "bridge");
    await inSwitch("link", "set", "switch", "up");
    for (const { name, address } of this.nodes) {
      await this.#addNamespace(name, signal);
      const namespace = `${this.#prefix}-${name}`;
      const card = ["peer", "name", "eth0", "netns", namespace];
      await inSwitch("link", "add", name, "type", "veth", ...card);
      await inSwitch("link", "set", name, "master", "switch", "up");
      await ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
      await ip("-n", namespace, "link", "set", "lo", "up");
      await ip("-n", namespace, "link", "set", "eth0", "up");
    }
  }

  /** Lets the switch drop every frame between two nodes, both ways, and no other frame. */
  async cut(one: DemoNode, other: DemoNode, signal: AbortSignal): Promise<void> {
    const rules = `table bridge fault {
  chain forward {
    type filter hook forward priority 0
    iifname "${one.name}" oifname "${other.name}" drop
    iifname "${other.name}" oifname "${one.name}" drop
  }
}
`;
    await this.#run(this.#inside("switch", [this.#programs.nft, "-f", "-"]), signal, rules);
  }

  /** Undoes the cut. */
  async heal(signal: AbortSignal): Promise<void> {
    const command = [this.#programs.nft, "delete", "table", "bridge", "fault"];
    await this.#run(this.#inside("switch", command), signal);
  }

  /** Removes every namespace of this demo; throws when one is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove(await this.#namespaces(`${this.#prefix}-`));
    // A second Ctrl-C reaches the commands that remove, too: what they left is tried once more.
    const left = await this.#namespaces(`${this.#prefix}-`);
    await this.#remove(left);
    const names = left.length === 0 ? left : await this.#namespaces(`${this.#prefix}-`);
    if (names.length === 0) return;
    throw new Error(`Cannot remove ${names.join(", ")}: remove them with "ip netns delete NAME"`);
  }

  #inside(name: string, command: readonly string[]): string[] {
    return [this.#programs.ip, "netns", "exec", `${this.#prefix}-${name}`, ...command];
  }

  async #addNamespace(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#run([this.#programs.ip, "netns", "add", `${this.#prefix}-${name}`], signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Error(
        "Cannot make a network namespace: the demo needs a real root, in a container --privileged",
        { cause: error },
      );
    }
  }

  async #run(line: readonly string[], signal?: AbortSignal, input?: string): Promise<string> {
    const [command = "", ...args] = line;
    const request = { command, args, ...(input === undefined ? {} : { input }) };
    const finished = await run(this.#spawn, request, signal);
    if (finished.code === 0) return finished.stdout;
    throw new Error(`"${line.join(" ")}" ended with ${finished.code}: ${finished.stderr.trim()}`);
  }

  async #namespaces(start: string): Promise<string[]> {
    const names = (await this.#run([this.#programs.ip, "netns", "list"])).split("\n");
    return names.map((line) => line.split(" ")[0] ?? "").filter((name) => name.startsWith(start));
  }

  async #remove(names: readonly string[]): Promise<void> {
    const { ip } = this.#programs;
    for (const name of names) {
      try {
        const pids = (await this.#run([ip, "netns", "pids", name])).split("\n").filter(Boolean);
        for (const pid of pids) killIfThere(Number(pid));
        await this.#run([ip, "netns", "delete", name]);
      } catch {
        // The caller looks what is left, and says so.
      }
    }
  }

  /** Namespaces whose demo does not live any more. */
  async #removeOrphans(): Promise<void> {
    const names = await this.#namespaces(`${namespacePrefix}-`);
    const orphans = names.filter((name) => {
      const pid = name.slice(namespacePrefix.length + 1).split("-")[0];
      return !isDirectory(`/proc/${pid}`);
    });
    await this.#remove(orphans);
  }
}

function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

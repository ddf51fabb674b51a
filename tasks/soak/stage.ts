/** Makes the faults with the cluster's tool, keeps them up while they are looked at, and mends them. @module */

import type { Clock } from "../../src/platform/clock.ts";
import type { LossWindow, Moment } from "./expectation.ts";
import { forEachProcess, numberOf } from "./node_shell.ts";
import type { Observer } from "./observer.ts";
import {
  blackHoleSeconds,
  flaps,
  flapSeconds,
  lossySeconds,
  lossyShare,
  mendedSeconds,
  passingBytes,
} from "./schedule.ts";
import type { LinkStepKind, Step } from "./schedule.ts";

/** What the stage is given from outside. */
export interface StageSettings {
  /** Runs the cluster's tool. */
  readonly tool: (...args: string[]) => Promise<unknown>;
  readonly longPackets: LongPackets;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Knows when the agents have followed. */
  readonly observer: Pick<Observer, "settled" | "restarted">;
}

/** A black hole: packets of more than so many bytes from one node to another vanish. */
export interface LongPackets {
  readonly drop: (to: string, from: string, bytes: number) => Promise<unknown>;
  /** From all nodes they pass again. */
  readonly pass: (to: string) => Promise<unknown>;
}

/** What became of a step. */
export interface Staged<T> {
  readonly windows: readonly LossWindow[];
  /** What was seen meanwhile. */
  readonly seen: T;
}

/** A neighbour is asked for its address once a second: replies come back so much after a link. */
const neighbourSeconds = 3;

/** The nodes of the cluster, and what is done to them. */
export class Stage {
  readonly #settings: StageSettings;
  #nodes: readonly string[];
  readonly #frozen = new Set<string>();

  constructor(settings: StageSettings, nodes: readonly string[]) {
    this.#settings = settings;
    this.#nodes = nodes;
  }

  /** Nodes of the cluster now. */
  get nodes(): readonly string[] {
    return this.#nodes;
  }

  /** Plays a step; `look` is called while the fault is there, and mending waits for it. */
  async play<T>(step: Step, look: () => Promise<T>): Promise<Staged<T>> {
    switch (step.kind) {
      case "quiet":
        return { windows: [], seen: await look() };
      case "join":
        return await this.#join(step.node, look);
      case "leave":
        return await this.#leave(step.node, look);
      case "die":
        return await this.#die(step.node, look);
      case "isolate":
        return await this.#isolate(step.node, look, () => Promise.resolve());
      case "mtu":
        return await this.#dropLongPackets(step.nodes, look);
      default:
        return await this.#breakLink(step.kind, step.nodes, look);
    }
  }

  /** Ends every fault. */
  async mend(): Promise<void> {
    await this.#settings.tool("heal");
    for (const node of this.#frozen) await this.#signal(node, "CONT", "kubelet");
    this.#frozen.clear();
  }

  async #join<T>(node: string, look: () => Promise<T>): Promise<Staged<T>> {
    await this.#settings.tool("add-node", numberOf(node));
    this.#nodes = [...this.#nodes, node];
    const [seen] = await Promise.all([look(), this.#settings.observer.settled(this.#nodes)]);
    return { windows: [], seen };
  }

  async #leave<T>(node: string, look: () => Promise<T>): Promise<Staged<T>> {
    await this.#settings.tool("remove-node", numberOf(node));
    this.#nodes = this.#nodes.filter((other) => other !== node);
    const [seen] = await Promise.all([look(), this.#settings.observer.settled(this.#nodes)]);
    return { windows: [], seen };
  }

  /** Power goes: no network, no agent, no kubelet. When it is back the kubelet starts the agent. */
  async #die<T>(node: string, look: () => Promise<T>): Promise<Staged<T>> {
    const staged = await this.#isolate(node, look, async () => {
      this.#frozen.add(node);
      await this.#signal(node, "STOP", "kubelet");
      await this.#signal(node, "KILL", "nodeping");
    });
    await this.#settings.observer.restarted(node);
    return staged;
  }

  async #isolate<T>(
    node: string,
    look: () => Promise<T>,
    more: () => Promise<void>,
  ): Promise<Staged<T>> {
    const begin = await this.#timed(() => this.#settings.tool("isolate", numberOf(node)));
    try {
      await more();
      const seen = await look();
      const { earliestSeconds, latestSeconds } = await this.#timed(() => this.mend());
      const end = { earliestSeconds, latestSeconds: latestSeconds + neighbourSeconds };
      return { windows: [{ nodes: [node], share: 1, begin, end }], seen };
    } finally {
      await this.mend();
    }
  }

  /** No probe of usual size may be lost. */
  async #dropLongPackets<T>(
    [to, from]: readonly [string, string],
    look: () => Promise<T>,
  ): Promise<Staged<T>> {
    const { longPackets, clock, signal } = this.#settings;
    await longPackets.drop(to, from, passingBytes);
    let seen: T;
    try {
      await clock.sleep(blackHoleSeconds * 1000, signal);
      seen = await look();
    } finally {
      await longPackets.pass(to);
    }
    await clock.sleep(mendedSeconds * 1000, signal);
    return { windows: [], seen };
  }

  async #breakLink<T>(
    kind: Exclude<LinkStepKind, "mtu">,
    nodes: readonly [string, string],
    look: () => Promise<T>,
  ): Promise<Staged<T>> {
    const numbers = nodes.map(numberOf);
    const { tool, clock, signal } = this.#settings;
    const pause = (seconds: number) => clock.sleep(seconds * 1000, signal);
    const share = kind === "lossy" ? lossyShare : 1;
    const once = async <S>(meanwhile: () => Promise<S>): Promise<Staged<S>> => {
      const args = kind === "lossy"
        ? ["loss", ...numbers, String(share * 100)]
        : ["cut", ...numbers];
      const begin = await this.#timed(() => tool(...args));
      const seen = await meanwhile();
      const end = await this.#timed(() => this.mend());
      return { windows: [{ nodes, share, begin, end }], seen };
    };
    try {
      if (kind === "cut") return await once(look);
      if (kind === "lossy") {
        return await once(async () => (await Promise.all([look(), pause(lossySeconds)]))[0]);
      }
      const windows: LossWindow[] = [];
      const flapping = async () => {
        for (let flap = 0; flap < flaps; flap++) {
          windows.push(...(await once(() => pause(flapSeconds))).windows);
          await pause(flapSeconds);
        }
      };
      const [seen] = await Promise.all([look(), flapping()]);
      return { windows, seen };
    } finally {
      await this.mend();
    }
  }

  async #signal(node: string, signal: "STOP" | "CONT" | "KILL", name: string): Promise<void> {
    const script = forEachProcess(name, `kill -${signal} "\${p#/proc/}"`);
    await this.#settings.tool("on-node", numberOf(node), "sh", "-c", script);
  }

  async #timed(act: () => Promise<unknown>): Promise<Moment> {
    const earliestSeconds = this.#nowSeconds();
    await act();
    return { earliestSeconds, latestSeconds: this.#nowSeconds() };
  }

  #nowSeconds(): number {
    return this.#settings.clock.wallMs() / 1000;
  }
}

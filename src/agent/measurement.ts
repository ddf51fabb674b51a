/** Probing as a whole: the current list, its targets, fping, and the totals. @module */

import { createHash } from "node:crypto";
import { MeasurementLog } from "./measurement_log.ts";
import { PathMtuRounds } from "./path_mtu.ts";
import type { AgentSettings } from "./settings.ts";
import { detectFping } from "../fping/arguments.ts";
import type { FpingFeatures } from "../fping/arguments.ts";
import { IdentifierGuard } from "../fping/path_mtu.ts";
import { Prober } from "../fping/prober.ts";
import type { AgentStatus } from "../metrics/agent_status.ts";
import { isIpAddress } from "../nodes/address.ts";
import type { NodeList } from "../nodes/node_list.ts";
import { Pairs } from "../pairs/pairs.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Spawn } from "../platform/process.ts";
import { planDestinations, shuffled } from "../targets/destination.ts";
import { Resolver } from "../targets/resolver.ts";
import type { Lookup } from "../targets/resolver.ts";

/** The part of the outside world that measuring needs. */
export interface MeasurementDeps {
  /** Starts fping. */
  readonly spawn: Spawn;
  /** What waits are measured by. */
  readonly clock: Clock;
  /** Waits while a slice of fping's output collects. */
  readonly rest: (signal: AbortSignal) => Promise<void>;
  /** Resolves host names. */
  readonly lookup: Lookup;
  /** Receives the log lines of the measurement. */
  readonly log: Log;
}

const resolveEveryMs = 60_000;

/** All processes look at the clock within this time, however late the agent is. */
const sameStepMs = 1500;

/** Loopback proves that fping can measure, whatever has become of the network. */
const loopback = "127.0.0.1";

/** Probes the current list and keeps the totals of its pairs. */
export class Measurement {
  /** Totals of every destination. */
  readonly pairs: Pairs;
  /** Zone of the own node, where the current list has it. */
  zone: string | undefined;
  readonly #settings: AgentSettings;
  readonly #shell: MeasurementDeps;
  readonly #status: AgentStatus;
  readonly #prober: Prober;
  readonly #resolver: Resolver;
  readonly #log: MeasurementLog;
  readonly #identifiers: IdentifierGuard;
  #ownTargets: readonly string[] = [loopback];
  #probed = "";
  #steppedAtMs = -Infinity;
  #features: FpingFeatures | undefined;

  /** Measures nothing before the first list. */
  constructor(settings: AgentSettings, shell: MeasurementDeps, status: AgentStatus) {
    this.#settings = settings;
    this.#shell = shell;
    this.#status = status;
    this.#identifiers = new IdentifierGuard(shell.spawn);
    this.#log = new MeasurementLog({
      ...{ node: settings.node, fping: settings.fping, log: shell.log },
      monotonicMs: shell.clock.monotonicMs,
    });
    const { periodMs, timeoutMs, statsWindowMs, pairDistribution } = settings;
    this.pairs = new Pairs({
      totals: {
        windowMs: statsWindowMs,
        periodMs,
        maxSilenceMs: 3 * (2 * periodMs + timeoutMs),
        distribution: pairDistribution,
      },
      onLossRun: (destination, event) => this.#log.lossRun(destination, event),
    });
    this.#prober = this.#makeProber();
    this.#resolver = new Resolver({
      lookup: shell.lookup,
      clock: shell.clock,
      everyMs: resolveEveryMs,
      // A new fping is current once it has printed a line and has had time for a round.
      gatherMs: Math.min(500 + periodMs, 10_000),
      onChange: () => this.#route(),
      onFailure: (host, error) => {
        status.resolutionFailures++;
        shell.log.warn("Cannot resolve a destination", { host, cause: String(error) });
      },
    });
  }

  /** Whether outcomes can be trusted: fping runs and has had a reply of anyone since its start. */
  get measuring(): boolean {
    return this.#prober.measuring;
  }

  /** Applies a list. */
  take(list: NodeList): void {
    const { node, meshDegree, fullMeshLimit } = this.#settings;
    const plan = planDestinations(list, node, meshDegree, fullMeshLimit);
    this.zone = plan.ownZone;
    this.pairs.replace(plan.destinations);
    const status = this.#status;
    status.listLoaded = true;
    status.meshDegree = plan.meshDegree;
    status.inNodeList = plan.ownAddresses.length > 0;
    status.configHash = createHash("sha256").update(JSON.stringify(list)).digest("hex").slice(
      0,
      16,
    );
    this.#ownTargets = [loopback, ...plan.ownAddresses.filter(isIpAddress)];
    this.#resolver.want(
      plan.destinations.map(({ address }) => address).filter((address) => !isIpAddress(address)),
    );
    this.#route();
    const { log } = this.#shell;
    log.info("The node list is applied", {
      destinations: plan.destinations.length,
      targets: status.targets,
      mesh_degree: status.meshDegree,
      hash: status.configHash,
    });
    if (!status.inNodeList) {
      log.warn("This node is not in the node list: the list is stale, run helm nodeping sync", {
        node: this.#settings.node,
      });
    }
  }

  /**
   * Measures the path MTU to the destination nodes until the signal is aborted; not where it is
   * switched off, and not where the pairs have only their minimal families.
   */
  async measurePathMtu(signal: AbortSignal): Promise<void> {
    const { fping, pathMtuIntervalMs, pairMetrics, timeoutMs, sizeBytes } = this.#settings;
    if (pathMtuIntervalMs === undefined || pairMetrics === "minimal") return;
    const rounds = new PathMtuRounds(
      { fping, intervalMs: pathMtuIntervalMs, timeoutMs, sizeBytes },
      {
        ...this.#shell,
        pairs: this.pairs,
        identifiers: this.#identifiers,
        detect: (signal) => this.#detect(signal),
      },
    );
    await rounds.run(signal);
  }

  /** Ends all probing. */
  async close(): Promise<void> {
    this.#resolver.want([]);
    await this.#prober.close();
  }

  /** Starts fping anew only when its targets have changed, not for a zone or a cordon. */
  #route(): void {
    const targets = this.pairs.route(({ address }) =>
      isIpAddress(address) ? address : this.#resolver.addressOf(address)
    );
    this.#status.targets = targets.length;
    const probed = JSON.stringify([[...targets].sort(), this.#ownTargets]);
    if (probed === this.#probed) return;
    this.#probed = probed;
    this.#prober.probe(shuffled(targets), this.#ownTargets);
  }

  #makeProber(): Prober {
    const { clock, rest } = this.#shell;
    const { spawn } = this.#identifiers;
    const { fping, periodMs, timeoutMs, sizeBytes, sockets } = this.#settings;
    const status = this.#status;
    return new Prober({
      ...{ fping, spawn, clock, rest },
      settings: { periodMs, timeoutMs, sizeBytes, sockets },
      detect: (signal) => this.#detect(signal),
      sink: {
        outcomesOf: (target) => {
          const route = this.pairs.routeOf(target);
          return (outcome, readAtMs) => {
            status.latestOutcomeMs = readAtMs;
            this.pairs.record(route, outcome, readAtMs);
          };
        },
        icmpError: (target, type) => this.pairs.recordIcmpError(target, type),
        wrongSource: () => status.wrongSource++,
        unparsedLine: (line) => {
          status.unparsedLines++;
          this.#log.unparsedLine(line);
        },
        message: (text) => this.#log.fpingMessage(text),
        noReplies: () => this.#log.fpingNoReplies(status.fpingVersion),
      },
      onEnd: (end, waitMs) => {
        const reason = this.#log.fpingEnded(end, waitMs);
        status.countRestart(reason);
        if (reason === "clock_step") this.#countClockStep();
      },
    });
  }

  /** Each process notices a step at its own next look. */
  #countClockStep(): void {
    const nowMs = this.#shell.clock.monotonicMs();
    if (nowMs - this.#steppedAtMs > sameStepMs) this.#status.clockSteps++;
    this.#steppedAtMs = nowMs;
  }

  async #detect(signal: AbortSignal): Promise<FpingFeatures> {
    this.#features ??= await detectFping(this.#identifiers.spawn, this.#settings.fping, signal);
    this.#status.fpingVersion = this.#features.version;
    return this.#features;
  }
}

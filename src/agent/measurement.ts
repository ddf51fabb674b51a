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
import { pauseMs } from "../fping/read_batcher.ts";
import type { Pause } from "../fping/read_batcher.ts";
import { ClockGuard } from "../fping/watchdog.ts";
import { isIpAddress, parseAddress } from "../nodes/address.ts";
import type { NodeList } from "../nodes/node_list.ts";
import type { SkippedEntries } from "../nodes/node_list_parser.ts";
import { Pairs } from "../pairs/pairs.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Spawn } from "../platform/process.ts";
import { identityOf, planDestinations, shuffled } from "../targets/destination.ts";
import type { Destination } from "../targets/destination.ts";
import { Resolver } from "../targets/resolver.ts";
import type { HostName, Lookup } from "../targets/resolver.ts";

/** What measuring is given from outside. */
export interface MeasurementDeps {
  /** Starts fping. */
  readonly spawn: Spawn;
  /** What waits are measured by. */
  readonly clock: Clock;
  /** The same for looks, which wake with the reading of fping's lines. */
  readonly beatClock: Clock;
  /** Waits while a slice of fping's output collects. */
  readonly rest: (signal: AbortSignal) => Promise<void>;
  /** Resolves host names. */
  readonly lookup: Lookup;
  /** Addresses of this machine's interfaces. Throws where they cannot be read. */
  readonly interfaceAddresses: () => readonly string[];
  /** Receives the log lines of the measurement. */
  readonly log: Log;
}

const resolveEveryMs = 60_000;

/** An address may move in or out, as a virtual one does. */
const interfacesEveryMs = 60_000;

/** Two steps of the clock within one look are counted as one. */
const clockEveryMs = 1000;

/** All processes look at the clock within this time, however late the agent is. */
const sameStepMs = 1500;

/** Fewer lines are not worth blocking the thread, which makes requests wait. */
const blockingLinesPerSecond = 100;

/** Few lines cost little, so they are counted sooner. */
const maxFewLinesMs = 250;

/** Loopback proves that fping can measure, whatever has become of the network. */
const loopback = "127.0.0.1";

/** Probes the current list and keeps the totals of its pairs. */
export class Measurement {
  /** Totals of every destination. */
  readonly pairs: Pairs;
  /** Zone of the own node, where the current list has it. */
  zone: string | undefined;
  readonly #settings: AgentSettings;
  readonly #deps: MeasurementDeps;
  readonly #status: AgentStatus;
  readonly #prober: Prober;
  readonly #resolver: Resolver;
  readonly #log: MeasurementLog;
  readonly #identifiers: IdentifierGuard;
  #ownTargets: readonly string[] = [loopback];
  #probed = "";
  #ownEntries: readonly string[] = [];
  #ownAddresses: ReadonlySet<string> = new Set();
  #ownReported: ReadonlySet<string> = new Set();
  #steppedAtMs = -Infinity;
  #isStepCounted = false;
  #features: FpingFeatures | undefined;
  /** Wall time at which the reply read last was received. */
  #latestReplySeconds = 0;

  /** Measures nothing before the first list. */
  constructor(settings: AgentSettings, deps: MeasurementDeps, status: AgentStatus) {
    this.#settings = settings;
    this.#deps = deps;
    this.#status = status;
    this.#identifiers = new IdentifierGuard(deps.spawn);
    this.#log = new MeasurementLog({
      ...{ node: settings.node, fping: settings.fping, log: deps.log },
      monotonicMs: deps.clock.monotonicMs,
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
      lookup: deps.lookup,
      clock: deps.clock,
      everyMs: resolveEveryMs,
      // A new fping is current once it has printed a line and has had time for a round.
      gatherMs: Math.min(500 + periodMs, 10_000),
      onChange: () => this.#route(),
      isOwn: (address) => this.#ownAddresses.has(address),
      onFailure: (host, error, inUse) => {
        status.resolutionFailures++;
        this.#log.unresolved(host, error, inUse);
      },
    });
    status.unresolvedTargets = () => this.#resolver.unresolved;
  }

  /** Whether outcomes can be trusted: fping runs and has had a reply of anyone since its start. */
  get measuring(): boolean {
    return this.#prober.measuring;
  }

  /** How long more of fping's lines may collect before they are read. */
  nextPause(): Pause {
    const sinceReplyMs = this.#deps.clock.wallMs() - 1000 * this.#latestReplySeconds;
    const ms = pauseMs(this.#prober.outputRate, sinceReplyMs);
    const blocking =
      this.#status.targets * 1000 / this.#settings.periodMs >= blockingLinesPerSecond;
    return { ms: blocking ? ms : Math.min(ms, maxFewLinesMs), blocking };
  }

  /** Applies a list. */
  apply(list: NodeList, skipped: SkippedEntries): void {
    const { node, meshDegree, fullMeshLimit } = this.#settings;
    const plan = planDestinations(list, node, meshDegree, fullMeshLimit);
    this.zone = plan.ownZone;
    this.pairs.replace(plan.destinations);
    const status = this.#status;
    status.listLoaded = true;
    status.meshDegree = plan.meshDegree;
    status.inNodeList = plan.ownAddresses.length > 0;
    status.configHash = hashOf(list);
    Object.assign(status.skippedEntries, skipped);
    this.#ownEntries = plan.ownAddresses.filter(isIpAddress);
    this.#ownTargets = [loopback, ...this.#ownEntries];
    this.#ownAddresses = this.#readOwnAddresses();
    this.#resolver.want(
      plan.destinations.filter(({ address }) => !isIpAddress(address)).map(hostNameOf),
    );
    this.#route();
    const { log } = this.#deps;
    log.info("The node list is applied", {
      destinations: plan.destinations.length,
      targets: status.targets,
      mesh_degree: status.meshDegree,
      hash: status.configHash,
    });
    if (!status.inNodeList) {
      log.warn(
        "This node is not in the node list yet: the log of the sync in the cluster says why (kubectl " +
          "logs deployment/node-ping-sync); where sync.enabled is false, run helm nodeping sync",
        { node: this.#settings.node },
      );
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
        ...this.#deps,
        pairs: this.pairs,
        identifiers: this.#identifiers,
        detect: (signal) => this.#detect(signal),
      },
    );
    await rounds.run(signal);
  }

  /** Looks at the clock and at the interfaces of this machine until the signal is aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    const { beatClock: clock } = this.#deps;
    const guard = new ClockGuard(clock);
    let readAtMs = clock.monotonicMs();
    while (!signal.aborted) {
      await clock.sleep(clockEveryMs, signal).catch(() => undefined);
      if (this.measuring) this.#log.measuring();
      if (guard.stepMs() !== 0 && !this.#isStepCounted) this.#countClockStep();
      this.#isStepCounted = false;
      if (clock.monotonicMs() - readAtMs < interfacesEveryMs) continue;
      readAtMs = clock.monotonicMs();
      this.#ownAddresses = this.#readOwnAddresses();
      this.#route();
    }
  }

  /** Ends all probing. */
  async close(): Promise<void> {
    this.#resolver.want([]);
    await this.#prober.close();
  }

  /**
   * Starts fping anew only when its targets have changed, not for a zone or a cordon. A
   * destination at an address of this machine keeps its totals and is not probed: the kernel would
   * answer for it.
   */
  #route(): void {
    const own: Destination[] = [];
    const targets = this.pairs.route((destination) => {
      const { address } = destination;
      const target = isIpAddress(address)
        ? address
        : this.#resolver.addressOf(hostNameOf(destination));
      if (target === undefined || !this.#ownAddresses.has(target)) return target;
      own.push(destination);
      return undefined;
    });
    this.#reportOwn(own);
    this.#status.targets = targets.length;
    const probed = JSON.stringify([[...targets].sort(), this.#ownTargets]);
    if (probed === this.#probed) return;
    this.#probed = probed;
    this.#prober.probe(shuffled(targets), this.#ownTargets);
  }

  /** An external target may be at home here by design: no entry of the list is then at fault. */
  #reportOwn(own: readonly Destination[]): void {
    const nodes = own.filter(({ kind }) => kind === "node");
    this.#status.skippedEntries.own_address = nodes.length;
    this.#log.ownAddresses(own.filter((each) => !this.#ownReported.has(identityOf(each))));
    this.#ownReported = new Set(own.map(identityOf));
  }

  #readOwnAddresses(): ReadonlySet<string> {
    let found: readonly string[] = [];
    try {
      found = this.#deps.interfaceAddresses();
    } catch (error) {
      this.#log.interfacesUnreadable(error);
    }
    const canonical = found.flatMap((text) => parseAddress(text)?.text ?? []);
    return new Set([...canonical, ...this.#ownEntries]);
  }

  #makeProber(): Prober {
    const { clock, beatClock, rest } = this.#deps;
    const { spawn } = this.#identifiers;
    const { fping, periodMs, timeoutMs, sizeBytes, sockets, pacing } = this.#settings;
    const status = this.#status;
    return new Prober({
      ...{ fping, spawn, clock, beatClock, rest },
      settings: { periodMs, timeoutMs, sizeBytes, sockets, pacing },
      random: Math.random,
      detect: (signal) => this.#detect(signal),
      sink: {
        outcomesOf: (target) => {
          const route = this.pairs.routeOf(target);
          return (outcome, readAtMs) => {
            status.latestOutcomeMs = readAtMs;
            if (outcome.kind === "reply") {
              this.#latestReplySeconds = outcome.sentAtSeconds + outcome.rttSeconds;
            }
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
        if (reason === "clock_step") this.#noticeClockStep();
      },
    });
  }

  /**
   * fping's lines can show a step before this program looks at the clock; each process at its time.
   */
  #noticeClockStep(): void {
    if (this.#deps.clock.monotonicMs() - this.#steppedAtMs <= sameStepMs) return;
    this.#countClockStep();
    this.#isStepCounted = true;
  }

  #countClockStep(): void {
    this.#status.clockSteps++;
    this.#steppedAtMs = this.#deps.clock.monotonicMs();
  }

  async #detect(signal: AbortSignal): Promise<FpingFeatures> {
    if (this.#features !== undefined) return this.#features;
    const found = await detectFping(this.#identifiers.spawn, this.#settings.fping, signal);
    if (this.#features === undefined) {
      this.#deps.log.info("fping is found", { version: found.version });
    }
    this.#features = found;
    this.#status.fpingVersion = found.version;
    return found;
  }
}

/** Of the list as JSON, which is not made as a whole: a large list has megabytes of it. */
function hashOf({ nodes, externalTargets }: NodeList): string {
  const hash = createHash("sha256").update('{"nodes":[');
  for (const [index, node] of nodes.entries()) {
    hash.update(`${index > 0 ? "," : ""}${JSON.stringify(node)}`);
  }
  hash.update(`],"externalTargets":${JSON.stringify(externalTargets)}}`);
  return hash.digest("hex").slice(0, 16);
}

function hostNameOf({ address, ipFamily }: Destination): HostName {
  return { host: address, ...(ipFamily === undefined ? {} : { ipFamily }) };
}

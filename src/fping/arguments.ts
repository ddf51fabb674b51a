/** What the installed fping can do, how many of its processes probe the targets, and with which arguments. @module */

import { run } from "../platform/process.ts";
import type { Spawn } from "../platform/process.ts";

/** How targets are probed. */
export interface ProbeSettings {
  /** Time between two probes of one target. */
  readonly periodMs: number;
  /** A reply that comes later is lost. */
  readonly timeoutMs: number;
  /** Data bytes of an echo request, without headers. */
  readonly sizeBytes: number;
  /** Kind of socket that fping is expected to have; it decides how many processes are cheapest. */
  readonly sockets: "raw" | "ping";
  /** Whether requests go out in bounded bursts where they are small, or spread over the period. */
  readonly pacing: "bursts" | "spread";
}

/** One fping process. */
export interface FpingPlan {
  /** Numeric addresses, in the order in which they are probed. */
  readonly targets: readonly string[];
  /** fping's -p: the time between two probes of one target. */
  readonly periodMs: number;
  /**
   * fping's -t: when it prints that a reply has not come; not sooner than the timeout
   * of the probes.
   */
  readonly timeoutMs: number;
  /** fping's -i: the least time between two requests of this process; 0 sends them in one burst. */
  readonly intervalMs: number;
  /** How long after the first process this one starts, to spread their requests. */
  readonly startDelayMs: number;
}

/**
 * fping gives out 65,535 sequence numbers in 10 s and exits with 4 when more are wanted, 6,553
 * requests a second. 5,000 leave room for catching up after a stall (fping 5.1, measured).
 */
export const maxRequestsPerSecond = 5000;

/**
 * A burst's replies may all wait in the receive buffer while fping is not running, whatever the
 * round-trip time. The kernel's default buffer (212,992 bytes) holds 277 small packets (measured:
 * no loss up to 250 at once, some from 300 on), fewer with drivers that give each packet a page.
 */
const maxBurst = { raw: 200, ping: 100 } as const;

/**
 * Larger packets take more of the buffer, so they are spread: on a veth pair it holds 256 with up
 * to 160 data bytes, 167 with 200, and 93 from 700 to 1,400 on (measured).
 */
const maxBurstDataBytes = 128;

/**
 * Each raw socket gets every ICMP packet of the node: from the fourth process on bursts cost more
 * than one paced process (fping 5.1, measured).
 */
const maxRawBursts = 3;

/**
 * What select() and its timer slack cost fping on top of -i at each request (fping 5.1, measured).
 */
const pacingCostMs = 0.09;

/**
 * The part of the period that the requests are spread over. The rest is what fping may be late: on
 * a busy machine it loses a little at each wake-up, and beyond the period its rate sinks without a
 * word (1,000 targets at a load of 9 on 2 cores: 5 % with nine tenths, nothing with this).
 */
const spreadOver = 0.75;

/**
 * fping has room for the timeouts of 1 + floor(-t / -p) probes of a target, so that of a probe is
 * overwritten where it is not yet due when the probe that many later is sent, at a period just
 * above the timeout or a part of it. What is overwritten is part of a list, which breaks: from then
 * on no timeout is printed at all, and a dead node looks as if nothing were sent to it. Measured
 * with -t 1000 at a load of 12 on 2 cores, fping 5.1 and 5.5: within 10 s at periods of 500.05 to
 * 525 ms, never at 500 nor from 550 on. So there is at least half a period left.
 */
const minTimeoutRoom = 0.5;

/** Below this -i, catching up after a stall runs out of sequence numbers (fping 5.1, measured). */
const minIntervalMs = 0.08;

/**
 * Plans the processes for the targets, in the given order. Each process also probes the own
 * targets, addresses of this very node, which distinguish a process that cannot measure from a
 * network that is down.
 *
 * The wake-up for each paced request is the cost, not the packet: bursts cost a quarter. They are
 * bounded, so processes of one burst each are started apart over the period. On ping sockets each
 * gets only its own packets; on raw ones each gets every ICMP packet of the node, so that more than
 * {@linkcode maxRawBursts} bursts are spread instead, over three quarters of the period by as few
 * processes as possible. fping's own default of 10 ms between requests would silently stretch the
 * period from 50 targets on.
 *
 * `drift` makes the period of bursts a little shorter than that of other nodes, so that no two
 * nodes' bursts stay together.
 */
export function planProcesses(
  targets: readonly string[],
  ownTargets: readonly string[],
  settings: ProbeSettings,
  drift = 1,
): readonly FpingPlan[] {
  const { periodMs, timeoutMs } = settings;
  const atFullRate = Math.max(1, Math.floor(maxRequestsPerSecond * periodMs / 1000));
  const bursts = burstCount(targets.length, settings, atFullRate);
  const count = bursts ?? Math.max(1, Math.ceil(targets.length / atFullRate));
  const others = ownTargets.filter((own) => !targets.includes(own));
  const groups = Array.from(
    { length: count },
    (_, group) => [
      ...others,
      ...targets.filter((_, index) => index % count === group),
    ],
  );
  const ownPeriodMs = bursts === undefined ? periodMs : Math.round(periodMs * drift * 1000) / 1000;
  return groups.map((group, index) => ({
    targets: group,
    periodMs: ownPeriodMs,
    timeoutMs: roomyTimeoutMs(ownPeriodMs, timeoutMs),
    intervalMs: bursts === undefined ? pacedIntervalMs(group.length, periodMs) : 0,
    startDelayMs: index * periodMs / count,
  }));
}

/** The next timeout for which fping has room; a millisecond more, since it reads both as floats. */
function roomyTimeoutMs(periodMs: number, timeoutMs: number): number {
  const periods = Math.floor(timeoutMs / periodMs) + 1;
  const roomMs = periods * periodMs - timeoutMs;
  return roomMs >= minTimeoutRoom * periodMs ? timeoutMs : Math.ceil(periods * periodMs) + 1;
}

/** How many bursts send the requests; undefined where they are spread. */
function burstCount(
  targets: number,
  { pacing, sockets, sizeBytes }: ProbeSettings,
  atFullRate: number,
): number | undefined {
  if (pacing === "spread" || sizeBytes > maxBurstDataBytes) return undefined;
  const count = Math.max(1, Math.ceil(targets / Math.min(maxBurst[sockets], atFullRate)));
  return sockets === "raw" && count > maxRawBursts ? undefined : count;
}

function pacedIntervalMs(targetCount: number, periodMs: number): number {
  const interval = spreadOver * periodMs / Math.max(1, targetCount) - pacingCostMs;
  return Math.round(Math.max(interval, minIntervalMs) * 1000) / 1000;
}

/**
 * The arguments of fping, which reads the targets from its standard input: loop mode (-l) with
 * a time stamp on each line (-D), so that each probe is one line as soon as its outcome is known.
 */
export function fpingArgs(
  plan: FpingPlan,
  settings: ProbeSettings,
  features: FpingFeatures,
): readonly string[] {
  const { sizeBytes } = settings;
  return [
    ...["-l", "-D"],
    ...["-p", String(plan.periodMs)],
    ...["-t", String(plan.timeoutMs)],
    ...["-i", String(plan.intervalMs)],
    ...["-b", String(sizeBytes)],
    ...(features.checkSource ? ["--check-source"] : []),
    ...["-f", "-"],
  ];
}

/** The installed fping. */
export interface FpingFeatures {
  /** Version as fping prints it, for instance "5.1". */
  readonly version: string;
  /** Since 5.3: drops replies that come from another address than the one probed. */
  readonly checkSource: boolean;
}

/**
 * Asks fping for its version and its options. Throws when it cannot be started, answers as
 * something else, or is too old.
 */
export async function detectFping(
  spawn: Spawn,
  fping: string,
  signal: AbortSignal,
): Promise<FpingFeatures> {
  const { stdout } = await run(spawn, { command: fping, args: ["--version"] }, signal);
  const version = /Version (\S+)/.exec(stdout)?.[1];
  if (version === undefined) {
    throw new Error(
      `Cannot find a version in what "${fping} --version" prints: "${stdout.trim()}"`,
    );
  }
  // 4.x prints no line of a probe that is lost (5.0's release notes): each would count as refused.
  if (Number.parseInt(version) < 5) {
    throw new Error(`fping ${version} says nothing of lost probes: 5.1 or newer is needed`);
  }
  const help = await run(spawn, { command: fping, args: ["--help"] }, signal);
  return { version, checkSource: help.stdout.includes("--check-source") };
}

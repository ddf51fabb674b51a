/** Short runs of fping that send packets of one size with "don't fragment". @module */

import type { FpingFeatures } from "./arguments.ts";
import { within } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";
import { run } from "../platform/process.ts";
import type { Spawn } from "../platform/process.ts";

/** One run: the same for all of its targets. */
export interface SizedRun {
  /** Numeric addresses, all of one family. */
  readonly targets: readonly string[];
  /** Family of the targets. */
  readonly family: 4 | 6;
  /** Size of the IP packets, header included. */
  readonly packetBytes: number;
  /** Packets that each target is sent. */
  readonly count: number;
  /** A reply that comes later is lost. */
  readonly timeoutMs: number;
}

/** What became of the packets to one target. */
export interface SizedOutcome {
  /** Packets that were answered. */
  readonly answered: number;
  /** Packets that were sent and not answered. */
  readonly lost: number;
  /** Packets that the kernel refused to send: larger than the MTU that it knows of the route. */
  readonly refused: number;
}

/** What runs of fping need. */
export interface SizedRunDeps {
  /** Path or name of fping. */
  readonly fping: string;
  /** What the installed fping can do. */
  readonly features: FpingFeatures;
  /** Starts fping. */
  readonly spawn: Spawn;
  /** What a run's time is limited by. */
  readonly clock: Clock;
}

/** Headers of IP (RFC 791, RFC 8200) and of an echo request (RFC 792, RFC 4443). */
const headerBytes = { 4: 20 + 8, 6: 40 + 8 } as const;

/** Size of the IP packet of an echo request with these data bytes, header included. */
export function packetBytesOf(dataBytes: number, family: 4 | 6): number {
  return dataBytes + headerBytes[family];
}

/** Time between two packets to one target. */
const periodMs = 25;

/**
 * More targets get their packets back to back: a wake-up for each would cost three times as much,
 * and fping sends 1,500 bytes about every 15 us by itself, 0.8 Gbit/s (fping 5.1, measured).
 */
const maxPacedTargets = 100;

/**
 * fping's arguments, which reads the targets from its standard input. -M forbids fragments, also to
 * the own kernel: it refuses what is larger than the route's MTU as it knows it, and fping prints
 * nothing of that packet (5.1 and 5.5, raw and ping sockets, measured).
 */
export function sizedRunArgs(
  { targets, family, packetBytes, count, timeoutMs }: SizedRun,
  { checkSource }: FpingFeatures,
): readonly string[] {
  return [
    ...["-c", String(count), "-D", "-M"],
    ...["-b", String(packetBytes - headerBytes[family])],
    ...["-p", String(periodMs)],
    ...["-t", String(timeoutMs)],
    ...["-i", targets.length > maxPacedTargets ? "0" : "1"],
    ...(checkSource ? ["--check-source"] : []),
    ...["-f", "-"],
  ];
}

/** A run that takes longer than its packets by this is ended: it may be frozen. */
const marginMs = 5000;

/**
 * Sends the packets and waits for the answers; the outcome of each target. Undefined where
 * the run failed. Rejects when fping cannot be started, when the signal is aborted, and
 * with a TimeLimitError when fping does not end: it waits by the wall clock, which may be
 * set back meanwhile.
 */
export async function runSized(
  sized: SizedRun,
  { fping, features, spawn, clock }: SizedRunDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SizedOutcome> | undefined> {
  const request = {
    command: fping,
    args: sizedRunArgs(sized, features),
    input: sized.targets.map((target) => `${target}\n`).join(""),
    // A summary of each target, in several writes each: reading it cost more than all the rest.
    discardsErrors: true,
  };
  const limitMs = sized.count * periodMs + sized.timeoutMs + marginMs;
  const { code, stdout } = await within(
    limitMs,
    signal,
    (signal) => run(spawn, request, signal, "SIGKILL"),
    clock,
  );
  // 0 when all targets answered, 1 when some did not.
  return code <= 1 ? readOutcomes(stdout, sized) : undefined;
}

/**
 * Identifiers up to this far ahead may be those of the next runs; other processes take some, too.
 */
const identifiersAhead = 48;

/**
 * Keeps short runs from the ICMP identifiers of the fpings that probe all the time. With raw
 * sockets fping takes the lower 16 bits of its process id, and in a container these come round
 * within days: the two would take each other's replies, and the probing one would be started
 * anew for it.
 */
export class IdentifierGuard {
  readonly #inner: Spawn;
  readonly #probing = new Set<number>();
  #latest: number | undefined;

  /** Watches what is started by this. */
  constructor(spawn: Spawn) {
    this.#inner = spawn;
  }

  /** Starts a process, and remembers its id as long as it probes all the time (-l). */
  readonly spawn: Spawn = (request) => {
    const child = this.#inner(request);
    this.#latest = child.pid;
    if (request.args.includes("-l")) {
      this.#probing.add(child.pid);
      child.status.finally(() => this.#probing.delete(child.pid));
    }
    return child;
  };

  /** Uses up process ids until those of the next runs are free. */
  async skipTaken(fping: string, signal: AbortSignal): Promise<void> {
    for (let skipped = 0; this.#isNextTaken() && skipped < 2 * identifiersAhead; skipped++) {
      await run(this.spawn, { command: fping, args: ["--version"] }, signal);
    }
  }

  #isNextTaken(): boolean {
    const latest = this.#latest;
    if (latest === undefined) return false;
    const ahead = [...this.#probing].map((id) => (id - latest) & 0xffff);
    return ahead.some((distance) => distance > 0 && distance <= identifiersAhead);
  }
}

/**
 * "[1795812604.08188] 10.9.2.2 : [0], 1480 bytes, 0.087 ms (0.087 avg, 0% loss)", whose bytes are
 * those of ICMP, or "[1795812604.90332] 10.9.2.77 : [0], timed out (NaN avg, 100% loss)".
 */
const lineForm = /^\[[\d.]+\] (\S+) +: \[(\d+)\], (?:(\d+) bytes|timed out)/gm;

/**
 * fping 5.5 reads 128 bytes of a reply from a ping socket, and prints no larger size (measured).
 */
const minPrintedBytes = 128;

/** Reads the lines of a run; each packet counts once, and what no line is about was refused. */
export function readOutcomes(
  stdout: string,
  { targets, family, packetBytes, count }: Omit<SizedRun, "timeoutMs">,
): ReadonlyMap<string, SizedOutcome> {
  const icmpBytes = packetBytes - headerBytes[family] + 8;
  const places = new Map(targets.map((target, place) => [target, place * count]));
  const fates = new Uint8Array(targets.length * count);
  for (const [, target = "", sequence, bytes] of stdout.matchAll(lineForm)) {
    // A smaller one is another program's reply, whose ICMP identifier is the same.
    if (bytes !== undefined && Number(bytes) < Math.min(icmpBytes, minPrintedBytes)) continue;
    const [first, packet] = [places.get(target), Number(sequence)];
    if (first === undefined || packet >= count) continue;
    const fate = bytes === undefined ? fateOf.lost : fateOf.answered;
    fates[first + packet] = Math.max(fates[first + packet] ?? 0, fate);
  }
  return new Map(targets.map((target, place) => {
    const counts = [0, 0, 0];
    for (let packet = place * count; packet < (place + 1) * count; packet++) {
      counts[fates[packet] ?? 0] = (counts[fates[packet] ?? 0] ?? 0) + 1;
    }
    const [refused = 0, lost = 0, answered = 0] = counts;
    return [target, { answered, lost, refused }];
  }));
}

/** What is known of a packet, the later over the earlier; 0: nothing was printed. */
const fateOf = { lost: 1, answered: 2 } as const;

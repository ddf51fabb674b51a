/**
 * The lines of fping's standard output in loop mode with time stamps; the same in 5.1 and 5.5.
 *
 * @module
 */

/** What one line tells of one probe. Times are fping's wall clock, in seconds since 1970. */
export type ProbeLine =
  | {
    readonly kind: "reply";
    readonly target: string;
    readonly sequence: number;
    readonly atSeconds: number;
    readonly rttSeconds: number;
  }
  | {
    readonly kind: "timeout";
    readonly target: string;
    readonly sequence: number;
    readonly atSeconds: number;
  }
  /** A round-trip time that only a step of the wall clock explains; no reply and no loss. */
  | { readonly kind: "clock_step"; readonly target: string; readonly sequence: number };

/**
 * Examples, the second of a lost probe, the third of a clock that stepped back:
 *
 *     [1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% loss)
 *     [1795401816.43356] 10.77.0.9 : [0], timed out (NaN avg, 100% loss)
 *     [1795401901.19007] 10.88.1.1 : [4], 64 bytes, -2.8e+03 ms (-560 avg, 0% loss)
 *
 * Anchored at both ends, so that two half lines glued by a killed fping are not read as one.
 */
const linePattern =
  /^\[(\d+\.\d+)\] (\S+) *: \[(\d{1,10})\], (?:timed out|\d+ bytes, (\S+) ms) \(\S+ avg, \d+% (?:loss|return)\)$/;

/** An ordinary round-trip time; fping turns to exponents from 1000 s on, and for negative ones. */
const plainMs = /^\d+(?:\.\d+)?$/;

/** Reads one line without its line feed; undefined when it is not one of fping's. */
export function parseProbeLine(line: string): ProbeLine | undefined {
  const match = linePattern.exec(line);
  if (match === null) return undefined;
  const [, at = "", target = "", sequenceText = "", rttMs] = match;
  const sequence = Number(sequenceText);
  if (rttMs === undefined) return { kind: "timeout", target, sequence, atSeconds: Number(at) };
  if (!plainMs.test(rttMs)) {
    return Number.isFinite(Number(rttMs)) ? { kind: "clock_step", target, sequence } : undefined;
  }
  return {
    kind: "reply",
    target,
    sequence,
    atSeconds: Number(at),
    rttSeconds: Number(rttMs) / 1000,
  };
}

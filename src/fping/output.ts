/** Reads the lines of fping's standard output. @module */

/**
 * What one line says of one probe. `target` is the place of the target in the list of the process;
 * times are fping's wall clock, in seconds since 1970.
 */
export type ProbeLine =
  | {
    readonly kind: "reply";
    readonly target: number;
    readonly sequence: number;
    readonly atSeconds: number;
    readonly rttSeconds: number;
  }
  | {
    readonly kind: "timeout";
    readonly target: number;
    readonly sequence: number;
    readonly atSeconds: number;
  }
  /** A round-trip time that only a step of the wall clock explains; no reply and no loss. */
  | { readonly kind: "clock_step"; readonly target: number; readonly sequence: number };

/**
 * fping's sequence numbers have 32 bits; it prints five decimals of a second. A line is matched from
 * its first character to its last, so that two half lines glued by a killed fping are not read as one.
 */
const probeLine =
  /^\[(\d+\.\d{1,9})\] ([^\s\p{Cc}]+) +: \[(\d{1,10})\], (?:timed out|\d+ bytes, ([^\s\p{Cc}]+) ms) \([^\s\p{Cc}]+ avg, \d+% (?:loss|return)\)$/u;

const plainDecimal = /^\d+(?:\.\d{1,9})?$/;

/**
 * Reads one line, without its line feed; undefined when it is not fping's, or of a target that has no
 * place. Examples, the second of a lost probe, the third of a clock that stepped back:
 *
 *     [1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% loss)
 *     [1795401816.43356] 10.77.0.9 : [0], timed out (NaN avg, 100% loss)
 *     [1795401901.19007] 10.88.1.1 : [4], 64 bytes, -2.8e+03 ms (-560 avg, 0% loss)
 */
export function parseProbeLine(
  line: string,
  places: ReadonlyMap<string, number>,
): ProbeLine | undefined {
  const match = probeLine.exec(line);
  if (match === null) return undefined;
  const [, stamp, name = "", digits, rttMs] = match;
  const target = places.get(name);
  if (target === undefined) return undefined;
  const [atSeconds, sequence] = [Number(stamp), Number(digits)];
  if (rttMs === undefined) return { kind: "timeout", target, sequence, atSeconds };
  if (plainDecimal.test(rttMs)) {
    return { kind: "reply", target, sequence, atSeconds, rttSeconds: Number(`${rttMs}e-3`) };
  }
  // fping turns to exponents from 1000 s on, and for negative times.
  return Number.isFinite(Number(rttMs)) ? { kind: "clock_step", target, sequence } : undefined;
}

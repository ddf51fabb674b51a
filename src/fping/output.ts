/** What fping prints: the lines of its standard output, and those of its standard error. @module */

/** What a pipe holds. */
const bufferBytes = 65_536;

/** fping's lines have about 80 characters; more without a line feed is not fping. */
const maxLineBytes = 4096;

/** Ends each line. */
export const lineFeed = 0x0a;

/**
 * Yields the whole lines of a byte stream, many at a time; what has no line feed comes at the end,
 * or when it is longer than any line. What is yielded is overwritten when the next is asked for.
 *
 * Each slice rests before it is yielded, and more collects in the pipe meanwhile: what fping says of
 * these lines on its standard error is known by then. There is one buffer for all slices: a new one
 * for each grew the agent by 8 MB.
 */
export async function* lineSlices(
  stream: ReadableStream<Uint8Array>,
  rest: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  let buffer = new Uint8Array(bufferBytes);
  let begun = 0;
  try {
    while (true) {
      const { value, done } = await reader.read(buffer.subarray(begun));
      if (value === undefined) return;
      buffer = new Uint8Array(value.buffer);
      if (done) break;
      await rest();
      const end = begun + value.length;
      const lastFeed = buffer.lastIndexOf(lineFeed, end - 1);
      const whole = end - lastFeed > maxLineBytes ? end : lastFeed + 1;
      if (whole > 0) yield buffer.subarray(0, whole);
      buffer.copyWithin(0, whole, end);
      begun = end - whole;
    }
    if (begun > 0) yield buffer.subarray(0, begun);
  } finally {
    await reader.cancel();
  }
}

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

/** Values of the label `type` of nodeping_icmp_errors_total. */
export const icmpErrorTypes = [
  "host_unreachable",
  "network_unreachable",
  "prohibited",
  "time_exceeded",
  "other",
] as const;

/** One value of the label `type` of nodeping_icmp_errors_total. */
export type IcmpErrorType = typeof icmpErrorTypes[number];

/** One piece of fping's standard error. */
export type ErrorNotice =
  /** An ICMP error for a request to the target. The probe's outcome comes on its own. */
  | { readonly kind: "icmp_error"; readonly type: IcmpErrorType; readonly target: string }
  /** A reply from another address than the one probed: somebody else's. */
  | { readonly kind: "wrong_source"; readonly address: string }
  /** Anything else, for the log. */
  | { readonly kind: "message"; readonly text: string };

/** fping marks a foreign reply without a line feed, so that marks stick to what comes next. */
const wrongSourceMark = / \[<- (\S+?)\]/g;

/**
 * "ICMP Host Unreachable from 10.77.0.1 for ICMP Echo sent to 10.77.0.9"; of fping 5.5 also
 * "ICMPv6 Destination Unreachable (Address unreachable) from fd77::1 for ICMPv6 Echo Request sent to
 * fd77::9" (5.1 is silent on ICMPv6 errors).
 */
const icmpErrorLine =
  /^(ICMP.*?) from \S+ for ICMP(?: Echo|v6 Echo Request) sent to (\S+)(?: \(\S+\))?$/;

/** Reads fping's standard error as it comes, in pieces of any size. */
export class ErrorOutput {
  #rest = "";

  /** Takes the next piece of text and returns what is complete in it. */
  read(text: string): readonly ErrorNotice[] {
    const notices: ErrorNotice[] = [];
    const cleared = (this.#rest + text).replaceAll(wrongSourceMark, (_, address: string) => {
      notices.push({ kind: "wrong_source", address });
      return "";
    });
    const lines = cleared.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() !== "") notices.push(parseErrorLine(line.trim()));
    }
    return notices;
  }

  /** Returns what is left when fping has ended. */
  end(): readonly ErrorNotice[] {
    return this.read("\n");
  }
}

function parseErrorLine(line: string): ErrorNotice {
  const match = icmpErrorLine.exec(line);
  if (match === null) return { kind: "message", text: line };
  const [, cause = "", target = ""] = match;
  return { kind: "icmp_error", type: icmpErrorType(cause), target };
}

/** Sorts the texts of fping 5.1 to 5.5, for ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443). */
function icmpErrorType(cause: string): IcmpErrorType {
  if (/prohibit/i.test(cause)) return "prohibited";
  if (/time exceeded/i.test(cause)) return "time_exceeded";
  if (/host|address unreachable/i.test(cause)) return "host_unreachable";
  if (/network|no route/i.test(cause)) return "network_unreachable";
  return "other";
}

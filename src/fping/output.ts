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
 * Each slice rests before it is yielded, and more collects in the pipe meanwhile: what fping says
 * of these lines on its standard error is known by then. There is one buffer for all slices: a new
 * one for each grew the agent by 8 MB.
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
 * fping's sequence numbers have 32 bits; it prints five decimals of a second. A line is matched
 * from its first character to its last, so that two half lines glued by a killed fping are not
 * read as one.
 */
const probeLine =
  /^\[(\d+\.\d{1,9})\] ([^\s\p{Cc}]+) +: \[(\d{1,10})\], (?:timed out|\d+ bytes, ([^\s\p{Cc}]+) ms) \([^\s\p{Cc}]+ avg, \d+% (?:loss|return)\)$/u;

const plainDecimal = /^\d+(?:\.\d{1,9})?$/;

/**
 * Reads one line, without its line feed; undefined when it is not fping's, or of a target that has
 * no place. Examples, the second of a lost probe, the third of a clock that stepped back:
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

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const literals = {
  open: encoder.encode("["),
  point: encoder.encode("."),
  stampEnd: encoder.encode("] "),
  sequence: encoder.encode(": ["),
  sequenceEnd: encoder.encode("], "),
  timeout: encoder.encode("timed out"),
  bytes: encoder.encode(" bytes, "),
  ms: encoder.encode(" ms"),
  average: encoder.encode(" ("),
  averageEnd: encoder.encode(" avg, "),
  loss: encoder.encode("% loss)"),
} as const;

const space = 0x20;
const zero = 0x30;

/** Fractions have at most nine digits. */
const powersOfTen = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

/** As many decimal digits are a whole number without rounding. */
const exactDigits = 15;

/**
 * Reads the lines of one process, the usual ones from their bytes. A regular expression that runs
 * twice a second finds its code and its tables in no cache: it took 1.8 us a line where this takes
 * 0.2 (measured), and it makes an array and six strings of each line, which this does not. What is
 * not quite usual is left to it.
 */
export class ProbeLineReader {
  readonly #places: ReadonlyMap<string, number>;
  readonly #names: TargetNames;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;

  /** The targets of the process, each once; their places are those in this list. */
  constructor(targets: readonly string[]) {
    this.#places = new Map(targets.map((target, place) => [target, place]));
    this.#names = new TargetNames(targets);
  }

  /**
   * What {@linkcode parseProbeLine} says of the line from `begin` to before `end`, its line feed.
   */
  read(bytes: Uint8Array, begin: number, end: number): ProbeLine | undefined {
    this.#bytes = bytes;
    this.#at = begin;
    this.#end = end;
    return this.#usualLine() ??
      parseProbeLine(decoder.decode(bytes.subarray(begin, end)), this.#places);
  }

  /** "[1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% loss)", or its like. */
  #usualLine(): ProbeLine | undefined {
    if (!this.#skip(literals.open)) return undefined;
    const wholeSeconds = this.#digits(exactDigits);
    if (!this.#skip(literals.point)) return undefined;
    const atSeconds = this.#withFraction(wholeSeconds, 1);
    if (!this.#skip(literals.stampEnd)) return undefined;
    const target = this.#target();
    if (!this.#skip(literals.sequence)) return undefined;
    const sequence = this.#digits(10);
    if (!this.#skip(literals.sequenceEnd)) return undefined;
    if (target === undefined || Number.isNaN(atSeconds + sequence)) return undefined;
    if (this.#skip(literals.timeout)) {
      return this.#isUsualEnd() ? { kind: "timeout", target, sequence, atSeconds } : undefined;
    }
    const size = this.#digits(exactDigits);
    if (!this.#skip(literals.bytes)) return undefined;
    const wholeMs = this.#digits(exactDigits);
    const rttSeconds = this.#skip(literals.point)
      ? this.#withFraction(wholeMs, 1000)
      : wholeMs / 1000;
    if (Number.isNaN(size + rttSeconds)) return undefined;
    if (!this.#skip(literals.ms) || !this.#isUsualEnd()) return undefined;
    return { kind: "reply", target, sequence, atSeconds, rttSeconds };
  }

  /** " (0.054 avg, 0% loss)". */
  #isUsualEnd(): boolean {
    if (!this.#skip(literals.average) || !this.#skipWord()) return false;
    if (!this.#skip(literals.averageEnd) || Number.isNaN(this.#digits(exactDigits))) return false;
    return this.#skip(literals.loss) && this.#at === this.#end;
  }

  #skip(literal: Uint8Array): boolean {
    for (let i = 0; i < literal.length; i++) {
      if (this.#bytes[this.#at + i] !== literal[i]) return false;
    }
    this.#at += literal.length;
    return this.#at <= this.#end;
  }

  /** A whole number of one to `max` digits, else NaN. */
  #digits(max: number): number {
    const begin = this.#at;
    let value = 0;
    for (; this.#at < this.#end; this.#at++) {
      const digit = (this.#bytes[this.#at] ?? 0) - zero;
      if (digit < 0 || digit > 9) break;
      value = 10 * value + digit;
    }
    const count = this.#at - begin;
    return count > 0 && count <= max ? value : NaN;
  }

  /** The whole number with the fraction that follows, by the unit: the nearest double, or NaN. */
  #withFraction(whole: number, unit: number): number {
    const begin = this.#at;
    const fraction = this.#digits(powersOfTen.length - 1);
    const scale = powersOfTen[this.#at - begin] ?? NaN;
    const value = whole * scale + fraction;
    return value <= Number.MAX_SAFE_INTEGER ? value / (scale * unit) : NaN;
  }

  /** The place of the target whose name comes, and the spaces that fping puts after it. */
  #target(): number | undefined {
    const begin = this.#at;
    if (!this.#skipWord()) return undefined;
    const place = this.#names.placeOf(this.#bytes, begin, this.#at);
    const end = this.#at;
    while (this.#at < this.#end && this.#bytes[this.#at] === space) this.#at++;
    return this.#at > end ? place : undefined;
  }

  /** At least one character of ASCII that can be seen. */
  #skipWord(): boolean {
    const begin = this.#at;
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte <= space || byte >= 0x7f) break;
    }
    return this.#at > begin;
  }
}

/**
 * Finds the places of names in bytes: a hash table with open addressing, a quarter full at most.
 */
class TargetNames {
  readonly #names: readonly Uint8Array[];
  /** Of each slot one more than its place; 0 where there is none. */
  readonly #slots: Uint32Array;

  constructor(targets: readonly string[]) {
    this.#names = targets.map((target) => encoder.encode(target));
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(4 * (targets.length + 1))));
    for (const [place, name] of this.#names.entries()) {
      let slot = this.#firstSlot(name, 0, name.length);
      while (this.#slots[slot] !== 0) slot = this.#next(slot);
      this.#slots[slot] = place + 1;
    }
  }

  placeOf(bytes: Uint8Array, begin: number, end: number): number | undefined {
    let slot = this.#firstSlot(bytes, begin, end);
    for (let taken; (taken = this.#slots[slot] ?? 0) !== 0; slot = this.#next(slot)) {
      if (this.#isName(taken - 1, bytes, begin, end)) return taken - 1;
    }
    return undefined;
  }

  /** FNV-1a of the name, whose end distinguishes it most. */
  #firstSlot(bytes: Uint8Array, begin: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let at = begin; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    return (hash ^ hash >>> 15) & this.#slots.length - 1;
  }

  #next(slot: number): number {
    return (slot + 1) & this.#slots.length - 1;
  }

  #isName(place: number, bytes: Uint8Array, begin: number, end: number): boolean {
    const name = this.#names[place];
    if (name === undefined || name.length !== end - begin) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[begin + i]) return false;
    return true;
  }
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
 * "ICMP Host Unreachable from 10.77.0.1 for ICMP Echo sent to 10.77.0.9"; of fping 5.5 also "ICMPv6
 * Destination Unreachable (Address unreachable) from fd77::1 for ICMPv6 Echo Request sent to
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

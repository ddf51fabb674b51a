/** Finds the targets of a process among the bytes of its lines. @module */

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

const ascii = (text: string) => new TextEncoder().encode(text);
const stampEnd = ascii("] ");
const sequenceStart = ascii(": [");
const sequenceEnd = ascii("], ");
const timedOut = ascii("timed out");
const afterSize = ascii(" bytes, ");
const afterRtt = ascii(" ms");
const averageStart = ascii(" (");
const averageEnd = ascii(" avg, ");
const lossEnd = ascii("% loss)");
const returnEnd = ascii("% return)");
const [lineFeed, space, dot, zero, nine, openBracket] = [0x0a, 0x20, 0x2e, 0x30, 0x39, 0x5b];

/** fping's sequence numbers have 32 bits. */
const maxSequenceDigits = 10;

/** fping writes five decimals of a second at most; what they and three more divide by is here. */
const maxDecimals = 9;
const powersOfTen = Array.from({ length: maxDecimals + 4 }, (_, exponent) => 10 ** exponent);

/**
 * Reads the lines of one fping process. Examples, the second of a lost probe, the third of a clock
 * that stepped back:
 *
 *     [1795401810.21675] 10.88.1.1 : [0], 64 bytes, 0.054 ms (0.054 avg, 0% loss)
 *     [1795401816.43356] 10.77.0.9 : [0], timed out (NaN avg, 100% loss)
 *     [1795401901.19007] 10.88.1.1 : [4], 64 bytes, -2.8e+03 ms (-560 avg, 0% loss)
 *
 * A line is read from its first byte to its last, so that two half lines glued by a killed fping are
 * not read as one.
 */
export class ProbeLineReader {
  readonly #targets: TargetNames;
  #bytes = new Uint8Array();
  #at = 0;
  /** Of the number read last: its digits as a whole number, and how many of them are decimals. */
  #digits = 0;
  #decimals = 0;

  /** Reads lines of a process that was given these targets. */
  constructor(targets: readonly string[]) {
    this.#targets = new TargetNames(targets);
  }

  /** Where the line read last ends: the place of its line feed, or the end of the bytes. */
  get end(): number {
    return this.#at;
  }

  /** Reads the line at `from`; undefined when it is not fping's, or of a target that is not its own. */
  read(bytes: Uint8Array, from: number): ProbeLine | undefined {
    this.#bytes = bytes as Uint8Array<ArrayBuffer>;
    this.#at = from;
    const line = this.#line();
    if (line !== undefined && bytes[this.#at] === lineFeed) return line;
    const feed = bytes.indexOf(lineFeed, from);
    this.#at = feed === -1 ? bytes.length : feed;
    return undefined;
  }

  #line(): ProbeLine | undefined {
    if (this.#bytes[this.#at++] !== openBracket) return;
    if (!this.#decimal() || this.#decimals === 0) return;
    const atSeconds = this.#digits / this.#power(0);
    if (!this.#literal(stampEnd)) return;
    const target = this.#target();
    if (target === -1 || !this.#literal(sequenceStart)) return;
    const sequenceAt = this.#at;
    if (!this.#whole() || this.#at - sequenceAt > maxSequenceDigits) return;
    const sequence = this.#digits;
    if (!this.#literal(sequenceEnd)) return;
    if (this.#literal(timedOut)) {
      return this.#average() ? { kind: "timeout", target, sequence, atSeconds } : undefined;
    }
    if (!this.#whole() || !this.#literal(afterSize)) return;
    const rttAt = this.#at;
    if (!this.#decimal() || !this.#literal(afterRtt)) {
      return this.#exceptionalRtt(rttAt, target, sequence);
    }
    const rttSeconds = this.#digits / this.#power(3);
    return this.#average() ? { kind: "reply", target, sequence, atSeconds, rttSeconds } : undefined;
  }

  /** fping turns to exponents from 1000 s on, and for negative times. */
  #exceptionalRtt(from: number, target: number, sequence: number): ProbeLine | undefined {
    this.#at = from;
    this.#skipWord();
    const rttMs = this.#at === from ? NaN : Number(text(this.#bytes, from, this.#at));
    if (!Number.isFinite(rttMs) || !this.#literal(afterRtt) || !this.#average()) return undefined;
    return { kind: "clock_step", target, sequence };
  }

  /** What follows the outcome on each line; nothing in it is new. */
  #average(): boolean {
    if (!this.#literal(averageStart)) return false;
    const from = this.#at;
    this.#skipWord();
    if (this.#at === from || !this.#literal(averageEnd) || !this.#whole()) return false;
    return this.#literal(lossEnd) || this.#literal(returnEnd);
  }

  #literal(expected: Uint8Array): boolean {
    const { length } = expected;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[this.#at + i] !== expected[i]) return false;
    }
    this.#at += length;
    return true;
  }

  #decimal(): boolean {
    if (!this.#whole()) return false;
    this.#decimals = 0;
    if (this.#bytes[this.#at] !== dot) return true;
    const from = ++this.#at;
    this.#addDigits();
    this.#decimals = this.#at - from;
    return this.#decimals > 0 && this.#decimals <= maxDecimals;
  }

  #power(more: number): number {
    return powersOfTen[this.#decimals + more] ?? NaN;
  }

  #whole(): boolean {
    this.#digits = 0;
    const from = this.#at;
    this.#addDigits();
    return this.#at > from;
  }

  #addDigits(): void {
    for (;; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte < zero || byte > nine) return;
      this.#digits = this.#digits * 10 + byte - zero;
    }
  }

  /** A target and the spaces after it. */
  #target(): number {
    const from = this.#at;
    this.#skipWord();
    const target = this.#targets.find(this.#bytes, from, this.#at);
    while (this.#bytes[this.#at] === space) this.#at++;
    return target;
  }

  #skipWord(): void {
    while ((this.#bytes[this.#at] ?? 0) > space) this.#at++;
  }
}

/** The text of some bytes, for people and for what is seldom. */
export function text(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder().decode(bytes.subarray(from, to));
}

/** The names of the targets, by their bytes. */
export class TargetNames {
  /** For each slot the index of a name and 1, or 0; a name that finds its slot taken has the next. */
  readonly #slots: Uint32Array;
  readonly #bytes: Uint8Array;
  /** Where the bytes of each name begin, and where those of the last end. */
  readonly #starts: Uint32Array;

  /** For the names in this order. */
  constructor(names: readonly string[]) {
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * names.length + 1)));
    this.#bytes = new TextEncoder().encode(names.join(""));
    this.#starts = new Uint32Array(names.length + 1);
    names.forEach((name, index) => {
      const start = this.#starts[index] ?? 0;
      const end = start + new TextEncoder().encode(name).length;
      this.#starts[index + 1] = end;
      this.#slots[this.#slotOf(this.#bytes, start, end)] = index + 1;
    });
  }

  /** The place in the list of the name that these bytes are, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return (this.#slots[this.#slotOf(bytes, from, to)] ?? 0) - 1;
  }

  /** The slot of the name, or the empty one that it would get. */
  #slotOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0;
    for (let i = from; i < to; i++) hash = Math.imul(hash, 31) + (bytes[i] ?? 0) | 0;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask;; slot = slot + 1 & mask) {
      const taken = this.#slots[slot] ?? 0;
      if (taken === 0 || this.#isName(taken - 1, bytes, from, to)) return slot;
    }
  }

  #isName(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[index] ?? 0;
    if ((this.#starts[index + 1] ?? 0) - start !== to - from) return false;
    for (let i = from; i < to; i++) {
      if (bytes[i] !== this.#bytes[start + i - from]) return false;
    }
    return true;
  }
}

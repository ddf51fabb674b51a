/**
 * Reads fping's usual lines from their bytes. A regular expression that runs twice a second finds its
 * code and its tables in no cache: it took 1.8 us a line where this takes 0.2 (measured), and it makes
 * an array and six strings of each line, which this does not. What is not quite usual is left to it.
 *
 * @module
 */

import { parseProbeLine } from "./output.ts";
import type { ProbeLine } from "./output.ts";

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

/** Reads the lines of one process. */
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

  /** What {@linkcode parseProbeLine} says of the line from `begin` to before `end`, its line feed. */
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

/** Finds the places of names in bytes: a hash table with open addressing, a quarter full at most. */
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

/** Finds the targets of a process among the bytes of its lines. @module */

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

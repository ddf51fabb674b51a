/** Text put together as bytes. @module */

const initialBytes = 65_536;

/** Bytes in UTF-8 that grow by pieces of text; a cleared buffer keeps its memory for the next. */
export class TextBuffer {
  #bytes = new Uint8Array(initialBytes);
  #length = 0;
  readonly #encoder = new TextEncoder();

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds a piece of text. */
  append(text: string): void {
    // A UTF-16 unit takes three bytes at most (WHATWG Encoding, encodeInto).
    this.#reserve(3 * text.length);
    const { written } = this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
  }

  /** The bytes from one place to another; they are overwritten after the next `clear()`. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  /** Makes it empty. */
  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

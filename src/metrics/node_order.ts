/** A number for each node's name. @module */

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * A number that stands for a node's name, the same everywhere and always: PromQL cannot order
 * strings, and a link between two nodes needs one name. FNV-1a of the name's UTF-8 bytes, its upper
 * 53 bits, which a sample holds exactly.
 */
export function nodeOrder(name: string): number {
  let hash = offsetBasis;
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  }
  return Number(hash >> 11n);
}

/** Hash rings: circular orders of names that every agent computes alike. @module */

/** Something with a place on every ring. */
export interface RingMember {
  /** Two hashes of the name, of 32 bits each: the places on all rings follow from them. */
  readonly key: readonly [number, number];
  /** Place in the order of the names, which decides where two share a place on a ring. */
  readonly order: number;
}

/** The key of a name. 32 bits would give some two of 10,000 names the same place on every ring. */
export function ringKey(name: string): RingMember["key"] {
  return [hashOf(name, 0), hashOf(name, 0x9e3779b9)];
}

/** The number of a ring that has a name rather than a number. */
export function namedRing(name: string): number {
  return ringKey(name)[0];
}

/** Place of a member on a ring, 0 ... 2^32 - 1; the places on two rings are unrelated. */
export function placeOn(ring: number, { key }: RingMember): number {
  return mixed(mixed(key[0] ^ ring) + key[1]) >>> 0;
}

/** The first candidate on the ring; undefined when there is none. Candidates come by order. */
export function firstOn<T extends RingMember>(
  ring: number,
  candidates: readonly T[],
): T | undefined {
  return nearest(candidates, (candidate) => placeOn(ring, candidate));
}

/**
 * The free candidate that follows a member on the ring; undefined when there is none. Candidates
 * come by order. Following one another, all members make exactly one circle.
 */
export function following<T extends RingMember>(
  ring: number,
  member: RingMember,
  candidates: readonly T[],
  isFree: (candidate: T) => boolean,
): T | undefined {
  const start = placeOn(ring, member);
  return nearest(candidates, (candidate) => {
    if (candidate.order === member.order || !isFree(candidate)) return Infinity;
    const distance = (placeOn(ring, candidate) - start) >>> 0;
    return distance === 0 && candidate.order < member.order ? 2 ** 32 : distance;
  });
}

function nearest<T>(candidates: readonly T[], distanceTo: (candidate: T) => number): T | undefined {
  let found: T | undefined;
  let shortest = Infinity;
  for (const candidate of candidates) {
    const distance = distanceTo(candidate);
    if (distance >= shortest) continue;
    found = candidate;
    shortest = distance;
  }
  return found;
}

/** Not a hash against attackers: who writes the node list decides who is probed anyway. */
function hashOf(name: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < name.length; index++) hash = mixed(hash ^ name.charCodeAt(index));
  return hash;
}

/** The finalizer of MurmurHash3 (32 bits): a change of any bit changes each bit by even chance. */
function mixed(bits: number): number {
  let mix = bits | 0;
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

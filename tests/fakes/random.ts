/** Chance that comes out the same at each run, so that a failure can be seen again. @module */

/** Numbers from 0 to below 1, by the generator "mulberry32" of the seed. */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Changes a few characters of a text: drops, doubles, swaps and puts in strange ones. */
export function mutated(text: string, random: () => number): string {
  const strange = [
    "\0",
    "\n",
    "\r",
    "[",
    "]",
    '"',
    "\\",
    "-",
    "e+",
    "NaN",
    "%",
    "é",
    "\ud800",
    "\x9b",
    "9",
  ];
  let result = text;
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * (result.length + 1));
    const length = Math.floor(random() * 6);
    const put = strange[Math.floor(random() * strange.length)] ?? "";
    const kinds = ["", put, result.slice(at, at + length).repeat(2), result.slice(0, length)];
    const replacement = kinds[Math.floor(random() * kinds.length)] ?? "";
    result = result.slice(0, at) + replacement + result.slice(at + length);
  }
  return result;
}

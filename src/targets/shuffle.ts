/** The order of probing. @module */

/**
 * Shuffles without changing the input. Every node and every start of an agent has an order of its
 * own: with the order of the list, all nodes would probe the first one at the same moment.
 */
export function shuffled<T>(items: readonly T[], random: () => number = Math.random): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

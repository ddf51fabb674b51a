/** What a page that has one reading needs of the next: most of 64,000 pairs are as they were. @module */

import type { PageData, PagePairs } from "../../matrix/html.ts";

/** A column as a whole, or the places at which it differs and the values there. */
export type ColumnChange = readonly number[] | {
  /** Indexes, ascending. */
  readonly places: readonly number[];
  /** As many. */
  readonly values: readonly number[];
};

/** Of pairs, the columns that changed. */
export type PairChanges = { readonly [Column in keyof PagePairs]?: ColumnChange };

/** What brings the data of one reading to that of another, as /changes.json answers. */
export interface PageChanges {
  /** Time of the reading that they begin from. */
  readonly from: number;
  /** All that is not a column, where it changed. */
  readonly fields: Partial<Omit<PageData, "pairs" | "externals">>;
  /** Of the pairs of nodes. */
  readonly pairs: PairChanges;
  /** Of the pairs with external targets. */
  readonly externals: PairChanges;
}

/** What makes `after` of `before`. */
export function changesBetween(before: PageData, after: PageData): PageChanges {
  const { pairs, externals, ...fields } = after;
  const known: Partial<Record<string, unknown>> = { ...before };
  const changed = Object.entries(fields).filter(([name, value]) =>
    JSON.stringify(value) !== JSON.stringify(known[name])
  );
  return {
    from: before.at,
    fields: Object.fromEntries(changed),
    pairs: pairChanges(before.pairs, pairs),
    externals: pairChanges(before.externals, externals),
  };
}

/** What {@linkcode changesBetween} was given last; `before` stays as it is. */
export function withChanges(before: PageData, changes: PageChanges): PageData {
  return {
    ...before,
    ...changes.fields,
    pairs: changedPairs(before.pairs, changes.pairs),
    externals: changedPairs(before.externals, changes.externals),
  };
}

const columns: readonly (keyof PagePairs)[] = [
  "source",
  "destination",
  "address",
  "sent",
  "lost",
  "rttMicros",
  "mtuBytes",
];

function pairChanges(before: PagePairs, after: PagePairs): PairChanges {
  const changed = columns.flatMap((name) => {
    const change = columnChange(before[name], after[name]);
    return change === undefined ? [] : [[name, change]];
  });
  return Object.fromEntries(changed);
}

/** A place and its value are longer than a value alone: above this share all values are shorter. */
const maxShare = 1 / 3;

function columnChange(
  before: readonly number[],
  after: readonly number[],
): ColumnChange | undefined {
  if (before.length !== after.length) return after;
  const places: number[] = [];
  for (let place = 0; place < after.length; place++) {
    if (after[place] !== before[place]) places.push(place);
  }
  if (places.length === 0) return undefined;
  return places.length > after.length * maxShare
    ? after
    : { places, values: places.map((place) => after[place] ?? 0) };
}

function changedPairs(before: PagePairs, changes: PairChanges): PagePairs {
  const changed = Object.entries(changes).map(([name, change]) => {
    if (!("places" in change)) return [name, change];
    const column = before[name as keyof PagePairs].slice();
    change.places.forEach((place, index) => column[place] = change.values[index] ?? 0);
    return [name, column];
  });
  return { ...before, ...Object.fromEntries(changed) };
}

/** External targets, which are in no row or column. @module */

import type { PairMeasurement } from "../measurements/mesh.ts";
import { addUp, cellOf, compare } from "./cell.ts";
import type { Cell, Sum } from "./cell.ts";

/** What all sources saw of one external target at one address. */
export interface ExternalTarget extends Sum {
  /** Its name. */
  readonly destination: string;
  /** IP address, or host name, as probed. */
  readonly address: string;
  /** What each source saw, the one that lost most first. */
  readonly cells: readonly [Cell, ...Cell[]];
}

/** Adds up what the sources saw, by name and address: the target that lost most comes first. */
export function externalTargets(
  measurements: readonly PairMeasurement[],
): readonly ExternalTarget[] {
  const cells = measurements.filter(({ sent }) => sent > 0).map(cellOf);
  const targets = Map.groupBy(
    cells,
    ({ destination, address }) => JSON.stringify([destination, address]),
  );
  return [...targets.values()].flatMap((ofTarget) => {
    const [worst, ...others] = ofTarget.sort((one, other) =>
      other.loss - one.loss || compare(one.source, other.source)
    );
    if (worst === undefined) return [];
    const { destination, address } = worst;
    return [{ destination, address, cells: [worst, ...others] as const, ...addUp(ofTarget) }];
  }).sort((one, other) =>
    other.loss - one.loss || compare(one.destination, other.destination) ||
    compare(one.address, other.address)
  );
}

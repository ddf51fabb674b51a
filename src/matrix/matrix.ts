/** The mesh as a matrix: sources down, destinations across, ordered by zone and name. @module */

import type { Mesh, MeshNode } from "../measurements/mesh.ts";
import { addUp, cellOf, compare } from "./cell.ts";
import type { Cell, Sum } from "./cell.ts";
import { externalTargets } from "./externals.ts";
import type { ExternalTarget } from "./externals.ts";

/** The matrix. */
export interface Matrix {
  /** Rows and columns alike. */
  readonly nodes: readonly MeshNode[];
  /** The sources that did not report, by name, each with the reason for people. */
  readonly silent: ReadonlyMap<string, string>;
  /** Cells of sources that did report, other than measured: in a large cluster a node probes some. */
  readonly notProbed: number;
  /** Every measured cell, ordered by row and column. */
  readonly cells: readonly Cell[];
  /** External targets, the worst first. */
  readonly externals: readonly ExternalTarget[];
  /** The cell; undefined where nothing was measured. */
  readonly cell: (source: string, destination: string) => Cell | undefined;
}

/** Arranges the mesh. */
export function matrixOf(mesh: Mesh): Matrix {
  const nodes = mesh.nodes.toSorted((one, other) =>
    compare(one.zone ?? "\uffff", other.zone ?? "\uffff") || compare(one.name, other.name)
  );
  const places = new Map(nodes.map(({ name }, place) => [name, place]));
  const placeOf = (name: string) => places.get(name) ?? -1;
  const byRow = new Map<string, Map<string, Cell>>();
  for (const pair of mesh.pairs) {
    if (!(pair.sent > 0)) continue;
    const row = byRow.get(pair.source) ?? new Map<string, Cell>();
    byRow.set(pair.source, row);
    const cell = cellOf(pair);
    const known = row.get(pair.destination);
    if (known === undefined || cell.loss > known.loss) row.set(pair.destination, cell);
  }
  const cell = (source: string, destination: string) => byRow.get(source)?.get(destination);
  const silent = new Map(
    mesh.sources.filter((source) => source.silent)
      .map(({ name, reason }) => [name, reason ?? "no answer"]),
  );
  const reporting = nodes.filter(({ name }) => !silent.has(name));
  const measured = reporting.reduce((sum, { name }) => sum + (byRow.get(name)?.size ?? 0), 0);
  return {
    nodes,
    silent,
    notProbed: reporting.length * (nodes.length - 1) - measured,
    cells: nodes.flatMap(({ name }) =>
      [...byRow.get(name)?.values() ?? []].sort((one, other) =>
        placeOf(one.destination) - placeOf(other.destination)
      )
    ),
    externals: externalTargets(mesh.externals),
    cell,
  };
}

/** How many pairs were measured, "of" how many where nodes probe only some others. */
export function pairsText({ cells, nodes, notProbed }: Matrix): string {
  return notProbed === 0
    ? `${cells.length} pairs`
    : `${cells.length} of ${nodes.length * (nodes.length - 1)} pairs`;
}

/** The cells that lost most, the worst first; those that lost nothing are none. */
export function worstCells({ cells }: Matrix, count: number): readonly Cell[] {
  return cells.filter((cell) => cell.loss > 0)
    .sort((one, other) => other.loss - one.loss || other.sent - one.sent)
    .slice(0, count);
}

/** Zones, and for each two what their pairs lost together. Nodes without a zone are in "". */
export interface ZoneMatrix {
  /** In the order of the matrix. */
  readonly zones: readonly string[];
  /** Undefined where no pair was measured. */
  readonly cell: (source: string, destination: string) => Sum | undefined;
  /** Whether no node of the zone reported. */
  readonly isSilent: (zone: string) => boolean;
}

/** Folds the matrix by zone. */
export function foldByZone(matrix: Matrix): ZoneMatrix {
  const zoneOf = new Map(matrix.nodes.map((node) => [node.name, node.zone ?? ""]));
  const cells = Map.groupBy(
    matrix.cells,
    (cell) => JSON.stringify([zoneOf.get(cell.source), zoneOf.get(cell.destination)]),
  );
  return {
    zones: [...new Set(matrix.nodes.map((node) => node.zone ?? ""))],
    cell: (source, destination) => {
      const found = cells.get(JSON.stringify([source, destination]));
      return found === undefined ? undefined : addUp(found);
    },
    isSilent: (zone) =>
      matrix.nodes.every((node) => (node.zone ?? "") !== zone || matrix.silent.has(node.name)),
  };
}

/** Whether a mesh holds together. @module */

import type { WholeMesh } from "./whole_mesh.ts";

/** Every pair of a mesh, the first choice of all nodes first. */
export function edgesOf({ destinations }: WholeMesh): Uint32Array<ArrayBuffer> {
  const lists = destinations.map((chosen) => [...chosen]);
  const edges: number[] = [];
  for (let choice = 0; lists.some((list) => choice < list.length); choice++) {
    lists.forEach((list, source) => {
      const destination = list[choice];
      if (destination !== undefined) edges.push(source, destination);
    });
  }
  return Uint32Array.from(edges);
}

/**
 * Whether the nodes that are left make one graph. A probe is a round trip, so that one direction
 * is enough for a link.
 */
export function isConnected(
  edges: Uint32Array<ArrayBuffer>,
  nodeCount: number,
  isGone: (node: number) => boolean,
): boolean {
  const parent = Int32Array.from({ length: nodeCount }, (_, node) => isGone(node) ? -1 : node);
  const root = (node: number): number => {
    let at = node;
    while (parent[at] !== at) at = parent[at] = parent[parent[at] ?? 0] ?? 0;
    return at;
  };
  let parts = parent.filter((node) => node >= 0).length;
  for (let edge = 0; edge < edges.length && parts > 1; edge += 2) {
    const [source = 0, destination = 0] = [edges[edge], edges[edge + 1]];
    if (parent[source] === -1 || parent[destination] === -1) continue;
    const [a, b] = [root(source), root(destination)];
    if (a === b) continue;
    parent[a] = b;
    parts--;
  }
  return parts <= 1;
}

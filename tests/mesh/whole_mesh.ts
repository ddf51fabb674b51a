/**
 * The choices of all nodes at once, made another way than the agent makes its own: rings are sorted
 * once and then walked, so that 10,000 nodes take a second. Tests compare the two.
 *
 * @module
 */

import { namedRing, placeOn, ringKey } from "../../src/targets/destination.ts";
import type { RingMember, ZonedNode } from "../../src/targets/destination.ts";

/** A sampled mesh; nodes are numbered by the order of their names. */
export interface WholeMesh {
  readonly names: readonly string[];
  /** Numbers of the nodes of each zone. */
  readonly zones: ReadonlyMap<string, readonly number[]>;
  /** Whom each node probes. */
  readonly destinations: readonly ReadonlySet<number>[];
}

/** Makes the mesh of nodes with distinct names, more of them than the degree says. */
export function wholeMesh(nodes: readonly ZonedNode[], degree: number): WholeMesh {
  const sorted = nodes.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const members = sorted.map(({ name }, order): RingMember => ({ key: ringKey(name), order }));
  const zones = new Map(
    [...Map.groupBy(sorted.keys(), (order) => sorted[order]?.zone ?? "")]
      .sort(([a], [b]) => a < b ? -1 : 1),
  );
  const destinations = sorted.map(() => new Set<number>());
  addZoneCircles(destinations, members, zones);
  addBridges(destinations, members, zones, degree);
  for (let ring = 0; ring < degree; ring++) {
    const circle = circleOf(ring, members);
    circle.forEach((source, place) => {
      const chosen = destinations[source] ?? new Set();
      if (chosen.size >= degree) return;
      let step = 1;
      while (chosen.has(at(circle, place + step))) step++;
      chosen.add(at(circle, place + step));
    });
  }
  return { names: sorted.map(({ name }) => name), zones, destinations };
}

function addZoneCircles(
  destinations: readonly Set<number>[],
  members: readonly RingMember[],
  zones: WholeMesh["zones"],
): void {
  for (const zone of zones.values()) {
    if (zone.length < 2) continue;
    const circle = circleOf(-1, zone.map((node) => members[node] as RingMember));
    circle.forEach((source, place) => destinations[source]?.add(at(circle, place + 1)));
  }
}

function addBridges(
  destinations: readonly Set<number>[],
  members: readonly RingMember[],
  zones: WholeMesh["zones"],
  degree: number,
): void {
  const names = [...zones.keys()];
  const delegateOf = (zone: string, ring: number) =>
    circleOf(ring, (zones.get(zone) ?? []).map((node) => members[node] as RingMember))[0] ?? -1;
  const bridge = (from: string, to: string) => {
    const ring = namedRing(`${from}\n${to}`);
    const chosen = destinations[delegateOf(from, ring)];
    if (from !== to && chosen !== undefined && chosen.size < degree) {
      chosen.add(delegateOf(to, ring));
    }
  };
  const large = names.filter((name) => (zones.get(name)?.length ?? 0) >= degree);
  names.forEach((name, place) => {
    bridge(name, names[(place + 1) % names.length] ?? name);
    if (large.includes(name)) { for (const other of large) bridge(name, other); }
  });
}

/** The members' numbers in the order of the ring. */
function circleOf(ring: number, members: readonly RingMember[]): readonly number[] {
  const orders = 2 ** 20;
  const places = Float64Array.from(members, (m) => placeOn(ring, m) * orders + m.order).sort();
  return Array.from(places, (place) => place % orders);
}

function at(circle: readonly number[], place: number): number {
  return circle[place % circle.length] ?? -1;
}

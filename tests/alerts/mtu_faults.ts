/** Paths that full-size packets do not fit. @module */

import {
  dropLongPackets,
  passLongPackets,
  setInterfaceMtu,
  setRouteMtu,
} from "../e2e/node_network.ts";
import type { Fault } from "./fault.ts";

/** What fits the paths of these faults; the cluster's interfaces have 1,500 bytes. */
const smallerBytes = 1400;

/** A black hole is measured within three intervals of 10 s, the chart's own, and a search of 10 s. */
const measuredSeconds = 40;

/** A node's interface that is smaller than the others', a filter between two nodes, a smaller route. */
export function pathMtuFaults(small: string, other: string): readonly Fault[] {
  return [
    {
      name: `${small}'s interface has ${smallerBytes} bytes`,
      alerts: [{ key: "pathMtuBlackHole", nodes: [small] }],
      measuredSeconds,
      make: () => setInterfaceMtu(small, smallerBytes),
      mend: () => setInterfaceMtu(small, 1500),
    },
    {
      name: `More than ${smallerBytes} bytes vanish between ${small} and ${other}`,
      alerts: [{ key: "pathMtuBlackHole", nodes: [small, other] }],
      measuredSeconds,
      make: () => dropLongPackets(small, other, smallerBytes),
      mend: () => passLongPackets(small),
    },
    {
      name: `${other}'s route has ${smallerBytes} bytes`,
      alerts: [{ key: "pathMtuSmall", nodes: [other] }],
      measuredSeconds,
      make: () => setRouteMtu(other, smallerBytes),
      mend: () => setRouteMtu(other, undefined),
    },
  ];
}

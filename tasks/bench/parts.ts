/** The parts of the benchmark, by name. @module */

import { measureContest } from "./contest.ts";
import type { BenchContext } from "./context.ts";
import { measureControlPlane } from "./control_plane.ts";
import { measureCost } from "./cost.ts";
import { measureRelease } from "./release.ts";
import { measureScale } from "./scale.ts";
import { measureSeedWay } from "./seed_way.ts";
import { measureSockets } from "./sockets.ts";
import { measureWriting } from "./writing.ts";

/** A part that can be run alone. */
export interface BenchPart {
  readonly summary: string;
  /** True where it runs only when it is named. */
  readonly onlyNamed?: boolean;
  readonly run: (context: BenchContext) => Promise<void>;
}

/** All parts, in the order of a whole run. */
export const parts: Readonly<Record<string, BenchPart>> = {
  cost: { summary: "processor time and memory of the agent beside bare fping", run: measureCost },
  writing: { summary: "time and size of the textfile", run: measureWriting },
  sockets: { summary: "ping sockets beside raw ones: cost and truth", run: measureSockets },
  contest: {
    summary: "bare fping, nodeping and smokeping-prober side by side",
    run: measureContest,
  },
  seed: { summary: "what the seed's way reaches: fping -C 30 in batches", run: measureSeedWay },
  scale: {
    summary: "an agent of up to 10,000 destinations, each size alone (7 minutes; when named)",
    onlyNamed: true,
    run: measureScale,
  },
  "control-plane": {
    summary: "sync beside the heartbeats of thousands of nodes (4 minutes; when named)",
    onlyNamed: true,
    run: measureControlPlane,
  },
  release: {
    summary: "what Helm stores for 1,000 to 10,000 nodes (3 minutes; when named)",
    onlyNamed: true,
    run: measureRelease,
  },
};

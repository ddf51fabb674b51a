/**
 * The mesh as measured: what every reader (agents, Prometheus, textfiles) gives and what matrix
 * and diagnose take. Plain data.
 *
 * @module
 */

/** A node that somebody probes, or whose agent probes. */
export interface MeshNode {
  /** Unique in the mesh. */
  readonly name: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True when the node is cordoned: it is judged like the others, but marked. */
  readonly cordoned?: boolean;
}

/** A node whose agent should report. */
export interface MeshSource {
  /** Node the agent runs on. */
  readonly name: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True when the agent did not answer or has stopped: its row is missing, which is not loss. */
  readonly silent: boolean;
  /** Why it is silent, for people. */
  readonly reason?: string;
}

/** What one source measured of one address of one destination, over one window of time. */
export interface PairMeasurement {
  /** Node that probes. */
  readonly source: string;
  /** Node that is probed, or name of the external target. */
  readonly destination: string;
  /** IP address, or host name, as probed. */
  readonly address: string;
  /** Probes whose outcome is known. */
  readonly sent: number;
  /** Of those, answered in time. */
  readonly received: number;
  /** Sum of the round-trip times of the received, in seconds, where the reader has it. */
  readonly rttSumSeconds?: number;
}

/** All measurements of one window of time. */
export interface Mesh {
  /** Every node that is a source or a destination, each once. */
  readonly nodes: readonly MeshNode[];
  /** Every node that should measure, each once. */
  readonly sources: readonly MeshSource[];
  /** Between nodes; at most one per source, destination and address. A pair may be missing. */
  readonly pairs: readonly PairMeasurement[];
  /** Of external destinations: shown, never judged. */
  readonly externals: readonly PairMeasurement[];
}

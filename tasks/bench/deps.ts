/** What every part of the benchmark is given. @module */

/** Settings and places of a run. */
export interface BenchDeps {
  readonly out: (text: string) => void;
  /** Path of fping. */
  readonly fping: string;
  /** Path of an fping that works on ping sockets (5.2 or newer); undefined where there is none. */
  readonly newerFping: string | undefined;
  /** A directory that goes at the end. */
  readonly directory: string;
  /** Numbers of destinations; undefined where each part has its own. */
  readonly sizes: readonly number[] | undefined;
  /** dist/ of another build, which "cost" measures at the same time; undefined without. */
  readonly beside: string | undefined;
  /** The window of the round-trip statistics is full, and the agent's cost steady, after 60 s. */
  readonly warmUpSeconds: number;
  /** How many times 10 s are measured. */
  readonly intervals: number;
  /** Number of Node objects, for the parts about the control plane. */
  readonly nodes: number;
  /** Status updates of all nodes together, a second: rates to measure one after the other. */
  readonly heartbeats: readonly number[];
}

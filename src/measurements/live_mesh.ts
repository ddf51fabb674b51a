/** Reads the agents of the cluster that kubeconfig, Helm or the pod points at. @module */

import { ApiError, makeApi } from "../kubernetes/api.ts";
import { connect } from "../kubernetes/connect.ts";
import { connectInCluster } from "../kubernetes/in_cluster.ts";
import { systemClock } from "../shell/clock.ts";
import { readAgents } from "./agents.ts";
import type { MeshReading } from "./build_mesh.ts";

/** Which agents are read, and from where. */
export interface LiveSettings {
  /** Helm release; every release of the namespace when left out. */
  readonly release?: string;
  /** The namespace of Helm, the kubeconfig or the pod when left out. */
  readonly namespace?: string;
  /** True in a pod that connects with its service account and reads nothing else. */
  readonly inCluster: boolean;
  /** Time between the two readings. */
  readonly windowMs: number;
}

/** What reading needs of the world. */
export interface LiveSurroundings {
  /** Variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** Told what goes on, again and again, for a line that is replaced. */
  readonly status: (message: string) => void;
}

/** Reads all agents twice, a window apart. Throws for people when that cannot be begun. */
export async function readLiveMesh(
  settings: LiveSettings,
  { env, status }: LiveSurroundings,
  signal: AbortSignal,
): Promise<MeshReading> {
  const { release, windowMs } = settings;
  const connection = settings.inCluster ? await connectInCluster(env) : await connect(env);
  const namespace = settings.namespace ?? connection.namespace;
  using api = makeApi({ ...connection, namespace });
  const progress = (done: number, of: number, reading: 1 | 2) => {
    const isBetween = reading === 1 && done === of;
    status(
      isBetween
        ? `Watching ${of} agents for ${windowMs / 1000} s`
        : `Reading agents: ${done} of ${of}, reading ${reading} of 2`,
    );
  };
  try {
    return await readAgents(
      { windowMs, ...(release === undefined ? {} : { release }) },
      { api, clock: systemClock, progress },
      signal,
    );
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "Forbidden") throw error;
    throw new Error(
      `${error.message}. Reading the agents needs the verbs "list" of pods and "get" of ` +
        `pods/proxy in the namespace "${namespace}"`,
      { cause: error },
    );
  }
}

/** The agents of a release, through the API server's proxy to their pods. @module */

import { AgentStatusError } from "./agents.ts";
import type { Agent, AgentSource } from "./agents.ts";
import { ApiError, makeApi } from "../kubernetes/client.ts";
import { connect, connectInCluster } from "../kubernetes/credentials.ts";
import type { ConnectDeps } from "../kubernetes/credentials.ts";
import { listNodes } from "../kubernetes/nodes.ts";
import { agentPods } from "../kubernetes/pods.ts";

/** The part of a Kubernetes client that is used; the path starts at the API server's root. */
export interface AgentApi {
  /** Where the agents are looked for. */
  readonly namespace: string;
  /** GET of a path, read as JSON. */
  readonly json: (path: string, options: AgentRequest) => Promise<unknown>;
  /** GET of a path, read as text. */
  readonly text: (path: string, options: AgentRequest) => Promise<string>;
}

/** What a request carries. */
export interface AgentRequest {
  /** Query of the URL. */
  readonly query?: Readonly<Record<string, string>>;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** Which agents are read, and with whose rights. */
export interface ReleaseSettings {
  /** Helm release; every release of the namespace when left out. */
  readonly release?: string;
  /** The namespace of Helm, the kubeconfig or the pod when left out. */
  readonly namespace?: string;
  /** True in a pod that connects with its service account and reads nothing else. */
  readonly inCluster: boolean;
}

/** Connects to the cluster. Throws for people where there is none to connect to. */
export async function agentsOfRelease(
  settings: ReleaseSettings,
  deps: ConnectDeps,
): Promise<AgentSource> {
  const connection = settings.inCluster ? await connectInCluster(deps.env) : await connect(deps);
  const api = makeApi({ ...connection, namespace: settings.namespace ?? connection.namespace });
  return {
    ...agentsBehindApi(api, settings.release),
    nodeNames: async (signal) => {
      try {
        return (await listNodes(api, "", signal)).nodes.map(({ name }) => name);
      } catch (error) {
        // Whoever may not list nodes is not told which are stale.
        if (error instanceof ApiError) return [];
        throw error;
      }
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  };
}

/** The agents' pods in the namespace of the client. */
export function agentsBehindApi(api: AgentApi, release: string | undefined): AgentSource {
  const { namespace } = api;
  return {
    title: release === undefined ? `namespace ${namespace}` : `${release} in ${namespace}`,
    list: async (signal) => {
      const pods = await agentPods(api, release, signal).catch((error) => {
        throw explained(error, namespace);
      });
      if (pods.length > 0) return pods.map((pod) => agentOf(pod, api));
      throw new Error(
        `No agent of nodeping in the namespace "${namespace}"` +
          (release === undefined ? "" : ` of the release "${release}"`) +
          ": give --namespace, or install the chart",
      );
    },
    [Symbol.dispose]: () => {},
  };
}

function agentOf(pod: Awaited<ReturnType<typeof agentPods>>[number], api: AgentApi): Agent {
  const { node } = pod;
  if ("reason" in pod) return { source: node, reason: pod.reason };
  return {
    node,
    name: node,
    metrics: async (query, signal) => {
      try {
        return await api.text(`${pod.metricsPath}?${query}`, { signal });
      } catch (error) {
        throw explained(error, api.namespace);
      }
    },
  };
}

/** What the API server refuses is the same for all agents, and nothing that an agent says of itself. */
function explained(error: unknown, namespace: string): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.reason === "Forbidden") {
    return new AgentStatusError(
      `${error.message}. Reading the agents needs the verbs "list" of pods and "get" of ` +
        `pods/proxy in the namespace "${namespace}"`,
      error.status,
      { cause: error, isForbidden: true },
    );
  }
  const status = error.reason === "NotFound" ? 404 : error.status === 404 ? 0 : error.status;
  return new AgentStatusError(error.message, status, { cause: error });
}

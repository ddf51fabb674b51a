/** Many nodes that come and send heartbeats, at a given rate. @module */

import { setTimeout as delay } from "node:timers/promises";
import type { ApiServer } from "./api_server.ts";
import { addresses, conditions, nameOfNode, nodeObject } from "./node_objects.ts";

const connections = 32;

/** The kubelets of a cluster, as the API server sees them. */
export interface Kubelets extends Disposable {
  /** Makes the nodes `from` to `to` - 1. */
  readonly register: (from: number, to: number) => Promise<void>;
  /** Reports of all nodes in turn, so many a second, until aborted; resolves with their number. */
  readonly beat: (count: number, perSecond: number, signal: AbortSignal) => Promise<number>;
  /** Gives a node another InternalIP. */
  readonly move: (index: number, address: string) => Promise<void>;
}

/** Connects as the administrator. */
export async function startKubelets(server: ApiServer): Promise<Kubelets> {
  const ca = await Deno.readTextFile(`${server.directory}/ca.crt`);
  const client = Deno.createHttpClient({ caCerts: [ca] });
  const send = async (method: string, path: string, type: string, body: unknown): Promise<void> => {
    const response = await fetch(`${server.url}/api/v1/nodes${path}`, {
      method,
      client,
      headers: {
        "authorization": `Bearer ${server.adminToken}`,
        "content-type": type,
        // The answer without status and spec: whoever sends heartbeats has no use for them.
        "accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    }
  };
  const report = (index: number, status: unknown) =>
    send("PATCH", `/${nameOfNode(index)}/status`, "application/strategic-merge-patch+json", {
      status,
    });
  return {
    register: (from, to) =>
      inTurn(from, to, (index) => send("POST", "", "application/json", nodeObject(index))),
    beat: async (count, perSecond, signal) => {
      const startMs = performance.now();
      let sent = 0;
      await Promise.all(Array.from({ length: connections }, async () => {
        while (!signal.aborted) {
          const index = sent++;
          const waitMs = startMs + 1000 * index / perSecond - performance.now();
          if (waitMs > 0) await delay(waitMs);
          await report(index % count, { conditions: conditions(new Date()) });
        }
      }));
      return sent;
    },
    move: (index, address) => report(index, { addresses: addresses(index, address) }),
    [Symbol.dispose]: () => client.close(),
  };
}

async function inTurn(
  from: number,
  to: number,
  act: (index: number) => Promise<void>,
): Promise<void> {
  let next = from;
  await Promise.all(Array.from({ length: connections }, async () => {
    while (next < to) await act(next++);
  }));
}

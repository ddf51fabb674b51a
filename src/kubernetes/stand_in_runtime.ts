/**
 * What node:https lacks in Deno 2.7, with which programs are compiled where a newer runtime cannot be
 * had. Nothing here is of use on Deno 2.9.
 *
 * @module
 */

import { ConnectionError } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";

const isStandIn = Deno.version.deno.startsWith("2.7.");

/**
 * Throws for what this runtime would do otherwise than it is asked to: it joins header lines of one
 * name to one, and cannot tunnel TLS through a proxy. A wrong identity is worse than none.
 */
export function refuseUnsupported({ headers, proxy }: Endpoint): void {
  if (!isStandIn) return;
  const names = headers.map(([name]) => name.toLowerCase());
  const refused = names.length > new Set(names).size
    ? "several groups (--kube-as-group, as-groups)"
    : proxy !== undefined
    ? "a proxy (proxy-url, HTTPS_PROXY)"
    : undefined;
  if (refused === undefined) return;
  throw new ConnectionError(
    `A program built with Deno ${Deno.version.deno} cannot work with ${refused}: use one built with ` +
      "Deno 2.9, or run the plugin from source",
  );
}

/** A failed handshake looks like any other end of a connection: the message says what it may be. */
export function explainedReset(error: Error): Error {
  if (!isStandIn || error.message !== "socket hang up") return error;
  const message = "the connection was closed, or the server's certificate is not trusted: is it " +
    "signed by the authority that is given, and for this name?";
  return Object.assign(new Error(message, { cause: error }), { code: "ECONNRESET" });
}

/** A response whose body is being read. */
export interface Body {
  /** Ends the reading with the error. */
  readonly destroy: (error: Error) => unknown;
}

const bodies = new Set<Body>();

if (isStandIn) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    const { reason } = event;
    // A body that is given up.
    if (reason instanceof Deno.errors.Interrupted) event.preventDefault();
    // A connection that breaks: the reader of the body is not told which, and would wait for ever.
    if (!(reason instanceof TypeError && /reading a body/.test(reason.message))) return;
    event.preventDefault();
    for (const body of bodies) body.destroy(reason);
  });
}

/** Registers a body while it is read; what it gives back is called at the end. */
export function whileRead(body: Body): () => void {
  if (!isStandIn) return () => {};
  bodies.add(body);
  return () => void bodies.delete(body);
}

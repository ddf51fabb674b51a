/** Tests that have an API server of their own. @module */

import { missingForApiServer, startApiServer } from "./api_server.ts";
import type { ApiServer } from "./api_server.ts";
import { findProgram } from "./programs.ts";

/** A Helm to test with. */
export interface HelmProgram {
  /** "helm3" or "helm4". */
  readonly name: string;
  readonly path: string;
}

/** The Helms of this machine: helm3 and helm4 on PATH, or what HELM3 and HELM4 name. */
export async function findHelms(): Promise<readonly HelmProgram[]> {
  const found: HelmProgram[] = [];
  for (const name of ["helm3", "helm4"]) {
    const path = await findProgram(name);
    if (path !== undefined) found.push({ name, path });
  }
  return found;
}

/** Registers a test with an API server; skipped, with the reason in its name, where it cannot run. */
export async function apiServerTest(
  name: string,
  test: (t: Deno.TestContext, server: ApiServer) => Promise<void>,
): Promise<void> {
  const missing = await missingForApiServer();
  if (missing !== undefined) {
    Deno.test({ name: `${name} (skipped: ${missing})`, ignore: true, fn: () => {} });
    return;
  }
  Deno.test(name, async (t) => {
    const server = await startApiServer();
    try {
      await test(t, server);
    } finally {
      await server.stop();
    }
  });
}

/** The same with the Helms of this machine; skipped where there is none. */
export async function helmTest(
  name: string,
  test: (t: Deno.TestContext, server: ApiServer, helms: readonly HelmProgram[]) => Promise<void>,
): Promise<void> {
  const helms = await findHelms();
  if (helms.length > 0) {
    await apiServerTest(name, (t, server) => test(t, server, helms));
  } else {
    Deno.test({ name: `${name} (skipped: no helm3 or helm4 on PATH)`, ignore: true, fn: () => {} });
  }
}

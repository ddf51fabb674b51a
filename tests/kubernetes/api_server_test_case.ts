/** Tests that have an API server of their own. @module */

import { missingForApiServer, startApiServer } from "./api_server.ts";
import type { ApiServer } from "./api_server.ts";
import { helms } from "../chart/helm.ts";
import type { Helm } from "../chart/helm.ts";
import { needing, noHelm } from "../needing.ts";

/** Registers a test with an API server; skipped, with the reason in its name, where it cannot run. */
export function apiServerTest(
  name: string,
  test: (t: Deno.TestContext, server: ApiServer) => Promise<void>,
): void {
  Deno.test({
    ...needing(name, missingForApiServer()),
    fn: async (t) => {
      const server = await startApiServer();
      try {
        await test(t, server);
      } finally {
        await server.stop();
      }
    },
  });
}

/** The same with the Helms of this machine; skipped where there is none. */
export function helmTest(
  name: string,
  test: (t: Deno.TestContext, server: ApiServer, helms: readonly Helm[]) => Promise<void>,
): void {
  if (helms.length > 0) apiServerTest(name, (t, server) => test(t, server, helms));
  else Deno.test({ ...needing(name, noHelm), fn: () => {} });
}

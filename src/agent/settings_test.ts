import assert from "node:assert/strict";
import { parseFlags } from "../flags.ts";
import type { ListenAddress } from "../output/http.ts";
import { agentFlags } from "./flags.ts";
import { readSettings } from "./settings.ts";

function listen(...args: string[]): readonly ListenAddress[] {
  const result = readSettings(parseFlags(agentFlags, ["--node=node-1", ...args]), () => undefined);
  assert.equal(result.kind, "valid");
  return result.kind === "valid" ? result.settings.listen : [];
}

Deno.test("readSettings() listens on every address, and on IPv4 where IPv6 is off", () => {
  assert.deepEqual(listen(), [
    { hostname: "::", port: 10927 },
    { hostname: "0.0.0.0", port: 10927 },
  ]);
  assert.deepEqual(listen("--listen=:10928"), [
    { hostname: "::", port: 10928 },
    { hostname: "0.0.0.0", port: 10928 },
  ]);
});

Deno.test("readSettings() listens on the one address that is given, or on none", () => {
  assert.deepEqual(listen("--listen=[fd00::1]:80"), [{ hostname: "fd00::1", port: 80 }]);
  assert.deepEqual(listen("--listen=127.0.0.1:80"), [{ hostname: "127.0.0.1", port: 80 }]);
  assert.deepEqual(listen("--listen=off"), []);
});

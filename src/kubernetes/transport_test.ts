import assert from "node:assert/strict";
import { sendRaw } from "./transport.ts";

Deno.test("sendRaw() refuses a header that would hold a second one, before it connects", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const endpoint = {
    server: `https://127.0.0.1:${listener.addr.port}`,
    headers: [["Authorization", "Bearer a\r\nImpersonate-User: admin"]] as const,
    insecure: true,
  };
  const signal = AbortSignal.timeout(5000);
  await assert.rejects(
    sendRaw(endpoint, { method: "GET", path: "/version", headers: [], signal }),
    { name: "TypeError", message: 'Header "Authorization" holds a line break' },
  );
});

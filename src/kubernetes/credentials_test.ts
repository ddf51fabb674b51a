import assert from "node:assert/strict";
import { connectInCluster } from "./credentials.ts";

Deno.test("connectInCluster() reads the mount, without the line feeds that files end with", async () => {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of [["namespace", "np"], ["ca.crt", "ca"], ["token", "first"]]) {
      await Deno.writeTextFile(`${directory}/${name}`, `${text}\n`);
    }
    const env: Readonly<Record<string, string>> = { KUBERNETES_SERVICE_HOST: "fd00::1" };
    const connection = await connectInCluster((name) => env[name], directory);
    assert.equal(connection.namespace, "np");
    await Deno.writeTextFile(`${directory}/token`, "second\n");
    assert.deepEqual(await connection.endpoint(), {
      server: "https://[fd00::1]:443",
      ca: "ca",
      headers: [["Authorization", "Bearer second"]],
      insecure: false,
    });
    const four: Readonly<Record<string, string>> = {
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KUBERNETES_SERVICE_PORT: "6443",
    };
    const { server } = await (await connectInCluster((name) => four[name], directory)).endpoint();
    assert.equal(server, "https://10.96.0.1:6443");
    await Deno.remove(`${directory}/token`);
    await assert.rejects(connection.endpoint(), /Cannot read ".*\/token": set automount/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

import assert from "node:assert/strict";
import type { PageData } from "../../src/matrix/html.ts";
import { families } from "../../src/metrics/families.ts";
import { caseMesh, caseNodes } from "../cases/cluster.ts";
import { servePage } from "./served_page.ts";

Deno.test("nodeping ui --prometheus names nodes that left the cluster, and accuses none of them", async () => {
  const { pairs, nodes } = caseMesh({
    nodes: caseNodes(6, ["zone-a", "zone-b"]),
    losses: [{ to: ["node-006"], loss: 1 }],
    silent: ["node-006"],
  });
  const sample = (metric: Readonly<Record<string, string>>, value: number) => ({
    metric,
    value: [1, String(value)],
  });
  const counted = pairs.flatMap((pair) =>
    ([[families.probesSent, pair.sent], [families.probesReceived, pair.received]] as const).map(
      ([{ name }, value]) =>
        sample({
          ...{ counter: name, source_node: pair.source, destination_node: pair.destination },
          ...{ destination_address: pair.address, destination_kind: "node" },
        }, value),
    )
  );
  const there = nodes.filter(({ name }) => name !== "node-006")
    .map(({ name }) => sample({ node: name }, 1));
  await using prometheus = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const query = new URLSearchParams(await request.text()).get("query") ?? "";
      const result = query.includes("increase(")
        ? counted
        : query.includes("kube_node_info")
        ? there
        : [];
      return Response.json({ status: "success", data: { resultType: "vector", result } });
    },
  );
  const url = `http://127.0.0.1:${prometheus.addr.port}`;
  await using served = await servePage(["--prometheus", url, "--window=1s", "--interval=500ms"]);
  const endMs = Date.now() + 20_000;
  let data: PageData | undefined;
  while (Date.now() < endMs && (data?.moments.length ?? 0) < 3) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const response = await fetch(new URL("mesh.json", served.url));
    if (response.ok) data = await response.json();
    else await response.body?.cancel();
  }
  assert.deepEqual(data?.verdicts.map(({ title }) => title), []);
  assert.deepEqual(data?.nodes.filter(({ stale }) => stale).map(({ name }) => name), ["node-006"]);
  assert.equal(data?.pairs.sent.length, 25);
  assert.equal(data?.intervalMs, 1000, "no shorter than the window");
  assert.equal(served.err(), "");
});

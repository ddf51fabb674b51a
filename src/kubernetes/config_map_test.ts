import assert from "node:assert/strict";
import { ApiError } from "./client.ts";
import type { KubernetesApi, RequestOptions } from "./client.ts";
import { liveConfigMap, syncEnabledAnnotation } from "./config_map.ts";
import type { LiveConfigMap } from "./config_map.ts";

const { signal } = new AbortController();

/** The ConfigMap "live" behind these answers, and the bodies that were sent. */
function answering(...answers: readonly unknown[]): { map: LiveConfigMap; sent: unknown[] } {
  const left = [...answers];
  const sent: unknown[] = [];
  const api: KubernetesApi = {
    namespace: "monitoring",
    json: (path: string, { body }: RequestOptions) => {
      assert.equal(path, "/api/v1/namespaces/monitoring/configmaps/live");
      if (body !== undefined) sent.push(JSON.parse(String(body)));
      const answer = left.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    text: () => assert.fail(),
    lines: () => assert.fail(),
    [Symbol.dispose]: () => {},
  };
  return { map: liveConfigMap(api, "live"), sent };
}

const managedBy = (...managers: readonly string[]) => ({
  metadata: { managedFields: managers.map((manager) => ({ manager })) },
});

Deno.test("LiveConfigMap.read() is switched off by the annotation alone", async () => {
  for (const [value, isSwitchedOff] of [["false", true], ["true", false], [undefined, false]]) {
    const annotations = value === undefined ? {} : { [syncEnabledAnnotation]: value };
    const { map } = answering({
      data: { "nodes.json": "[]" },
      metadata: { resourceVersion: "7", annotations },
    });
    assert.deepEqual(await map.read(signal), { text: "[]", resourceVersion: "7", isSwitchedOff });
  }
});

Deno.test("LiveConfigMap.read() says when the chart has made none, and passes on what else fails", async () => {
  const { map } = answering(new ApiError("Not found", 404, "NotFound"));
  await assert.rejects(map.read(signal), /There is no ConfigMap "live" in namespace "monitoring"/);
  const refused = new ApiError("Forbidden", 403, "Forbidden");
  await assert.rejects(answering(refused).map.read(signal), refused);
});

Deno.test("LiveConfigMap.write() wants what was read, and gives up its field, wherever it stands", async () => {
  const change = { metadata: { resourceVersion: "7" }, data: { "nodes.json": "[1]" } };
  const read = { text: "[]", resourceVersion: "7", isSwitchedOff: false };
  const managers = ["helm", "kubelet", "kubectl"];
  for (const index of [0, 2]) {
    const { map, sent } = answering(
      managedBy(...managers.toSpliced(index, 0, "nodeping-sync")),
      {},
    );
    await map.write("[1]", read, signal);
    const path = `/metadata/managedFields/${index}`;
    assert.deepEqual(sent, [change, [
      { op: "test", path: `${path}/manager`, value: "nodeping-sync" },
      { op: "remove", path },
    ]]);
  }
  const { map, sent } = answering(managedBy(...managers));
  await map.write("[1]", read, signal);
  assert.deepEqual(sent, [change], "it owns nothing");
});

Deno.test("LiveConfigMap.write() bears with a change in between, and with nothing else", async () => {
  const read = { text: "[]", resourceVersion: "7", isSwitchedOff: false };
  for (const status of [409, 422]) {
    const { map } = answering(managedBy("nodeping-sync"), new ApiError("Changed", status, ""));
    await map.write("[1]", read, signal);
  }
  const refused = new ApiError("Forbidden", 403, "Forbidden");
  const { map } = answering(managedBy("nodeping-sync"), refused);
  await assert.rejects(map.write("[1]", read, signal), refused);
  const conflict = new ApiError("Conflict", 409, "Conflict");
  await assert.rejects(answering(conflict).map.write("[1]", read, signal), conflict);
});

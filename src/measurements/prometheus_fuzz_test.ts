import assert from "node:assert/strict";
import { makeRandom, mutated } from "../../tests/fakes/random.ts";
import { isLabelText } from "../nodes/address.ts";
import { readPrometheus } from "./prometheus.ts";

const metric = { source_node: "a", destination_node: "b", destination_address: "10.0.0.2" };
const answer = JSON.stringify({
  status: "success",
  data: {
    resultType: "vector",
    result: [
      { metric: { ...metric, destination_kind: "node", source_zone: "z" }, value: [1, "12.5"] },
      { metric: { ...metric, source_node: "b", destination_node: "a" }, value: [1, "3"] },
    ],
  },
});

Deno.test("readPrometheus() gives a sound mesh or an Error on 10,000 mutated answers", async () => {
  const random = makeRandom(1);
  const { signal } = new AbortController();
  const settings = { url: "http://prometheus:9090", windowMs: 60_000 };
  let sound = 0;
  for (let round = 0; round < 10_000; round++) {
    const text = mutated(answer, random);
    const fetch = () => Promise.resolve(new Response(text));
    try {
      const { mesh } = await readPrometheus(settings, fetch, signal);
      sound++;
      for (const { name, zone } of mesh.nodes) {
        assert.ok(name === "" || isLabelText(name), text);
        assert.ok(zone === undefined || isLabelText(zone), text);
      }
      for (const { sent, received } of mesh.pairs) {
        assert.ok(Number.isFinite(sent) && Number.isFinite(received), text);
      }
    } catch (error) {
      assert.ok(error instanceof Error && !(error instanceof TypeError), text);
      assert.match(error.message, /Prometheus|^The label/, text);
    }
  }
  assert.ok(sound > 500, `${sound} of the answers stayed sound`);
});

import assert from "node:assert/strict";
import { makeApi } from "../../src/kubernetes/client.ts";
import { connect } from "../../src/kubernetes/credentials.ts";
import { nodeNames } from "../../src/kubernetes/nodes.ts";
import { agentsOfRelease } from "../../src/mesh/agents.ts";
import { connectDeps } from "../fakes/deps.ts";
import { createNode, remove } from "../sync/fixture.ts";
import { kubeconfigText } from "./api_server.ts";
import { apiServerTest } from "./api_server_test_case.ts";

const signal = () => AbortSignal.timeout(20_000);

apiServerTest(
  "the names of the nodes are those of the Node objects, for whoever may list them",
  async (_, server) => {
    const deps = connectDeps({ KUBECONFIG: server.kubeconfig });
    using api = makeApi(await connect(deps));
    await createNode(api, "node-1", "10.0.0.1");
    await createNode(api, "node-2", "10.0.0.2");
    using agents = await agentsOfRelease({ inCluster: false }, deps);
    assert.deepEqual(await agents.nodeNames?.(signal()), ["node-1", "node-2"]);
    await remove(api, "/api/v1/nodes/node-2");
    assert.deepEqual(await agents.nodeNames?.(signal()), ["node-1"]);
    await createNode(api, "node-3", "10.0.0.3");
    const lists: unknown[] = [];
    const json: typeof api.json = async (path, options) => {
      const limited = { ...options, query: { ...options.query, limit: "1" } };
      const list = await api.json(path, limited);
      lists.push((list as { kind: string }).kind);
      return list;
    };
    assert.deepEqual(await nodeNames({ json }, signal()), ["node-1", "node-3"]);
    assert.deepEqual(lists, ["PartialObjectMetadataList", "PartialObjectMetadataList"]);

    const directory = await Deno.makeTempDir();
    try {
      const ca = `${server.directory}/ca.crt`;
      const bob = kubeconfigText({ server: server.url, ca, user: { token: "bob-token" } });
      await Deno.writeTextFile(`${directory}/bob`, bob);
      using ofBob = await agentsOfRelease(
        { inCluster: false },
        connectDeps({ KUBECONFIG: `${directory}/bob` }),
      );
      assert.deepEqual(await ofBob.nodeNames?.(signal()), []);
      const nobody = bob.replace(server.url, "https://127.0.0.1:9");
      await Deno.writeTextFile(`${directory}/nobody`, nobody);
      using ofNobody = await agentsOfRelease(
        { inCluster: false },
        connectDeps({ KUBECONFIG: `${directory}/nobody` }),
      );
      assert.deepEqual(await ofNobody.nodeNames?.(signal()), []);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

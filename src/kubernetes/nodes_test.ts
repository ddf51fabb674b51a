import assert from "node:assert/strict";
import { ApiError } from "./api.ts";
import type { KubernetesApi, RequestOptions } from "./api.ts";
import { listNodes } from "./nodes.ts";
import type { ListedNodes } from "./nodes.ts";

type Answer = ApiError | { readonly names: readonly string[]; readonly next?: string };

/** Lists against these answers; gives what was asked, page by page. */
async function listed(selector: string, answers: readonly Answer[]): Promise<{
  asked: unknown[];
  result: ListedNodes | Error;
}> {
  const asked: unknown[] = [];
  const api: KubernetesApi = {
    namespace: "default",
    json: (path, { query }: RequestOptions) => {
      assert.equal(path, "/api/v1/nodes");
      const { limit: _, ...asking } = query ?? {};
      asked.push(asking);
      const answer = answers[asked.length - 1];
      if (answer === undefined || answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({
        items: answer.names.map((name) => ({ metadata: { name } })),
        metadata: { resourceVersion: `${asked.length}`, continue: answer.next ?? "" },
      });
    },
    lines: () => assert.fail(),
    [Symbol.dispose]: () => {},
  };
  const result = await listNodes(api, selector, new AbortController().signal)
    .catch((error: Error) => error);
  return { asked, result };
}

const names = (result: ListedNodes | Error): readonly string[] => {
  if (result instanceof Error) throw result;
  return result.nodes.map(({ name }) => name);
};

Deno.test("listNodes() reads every page, with its selector", async () => {
  const { asked, result } = await listed("pool=a", [
    { names: ["a", "b"], next: "more" },
    { names: ["c"], next: "last" },
    { names: ["d"] },
  ]);
  assert.deepEqual(names(result), ["a", "b", "c", "d"]);
  assert.equal(result instanceof Error || result.resourceVersion, "3");
  const selector = { labelSelector: "pool=a" };
  assert.deepEqual(asked, [
    selector,
    { ...selector, continue: "more" },
    { ...selector, continue: "last" },
  ]);
});

Deno.test("listNodes() begins again when a page has expired, at most three times", async () => {
  const expired = new ApiError("Gone", 410, "Expired");
  const page = { names: ["a"], next: "more" };
  const again = await listed("", [page, expired, page, expired, page, { names: ["b"] }]);
  assert.deepEqual(names(again.result), ["a", "b"]);
  assert.deepEqual(again.asked, [{}, { continue: "more" }, {}, { continue: "more" }, {}, {
    continue: "more",
  }]);
  const never = await listed("", [expired, expired, expired, { names: ["a"] }]);
  assert.deepEqual([never.result, never.asked.length], [expired, 3]);
});

Deno.test("listNodes() does not ask again where it was refused", async () => {
  const refused = new ApiError("Forbidden", 403, "Forbidden");
  const { asked, result } = await listed("", [refused, { names: ["a"] }]);
  assert.deepEqual([result, asked.length], [refused, 1]);
});

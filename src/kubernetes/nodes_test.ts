import assert from "node:assert/strict";
import { ApiError } from "./client.ts";
import type { KubernetesApi, RequestOptions } from "./client.ts";
import { informNodes, listNodes } from "./nodes.ts";
import type { ListedNodes } from "./nodes.ts";

/** One answer of the API server to a watch: its events, and perhaps an error. */
type Watch = readonly (string | Error)[];

function event(type: string, name: string, version: string, fields = {}): string {
  const metadata = { name, resourceVersion: version };
  return JSON.stringify({ type, object: { metadata, ...fields } });
}

/** Runs the informer against answers; ends when they are used up. Gives what it asked and said. */
async function informed(
  lists: readonly (readonly string[])[],
  watches: readonly Watch[],
  lastWords?: Error,
): Promise<{
  asked: string[];
  seen: string[];
  retries: string[];
  waitsMs: number[];
}> {
  const [asked, seen, retries]: [string[], string[], string[]] = [[], [], []];
  const waitsMs: number[] = [];
  const end = new AbortController();
  let [list, watch] = [0, 0];
  const api: KubernetesApi = {
    namespace: "default",
    json: () => {
      asked.push("list");
      const items = (lists[list++] ?? []).map((name) => ({ metadata: { name } }));
      return Promise.resolve({ items, metadata: { resourceVersion: `${list}00` } });
    },
    text: () => assert.fail(),
    lines: async function* (_path: string, { query }: RequestOptions): AsyncGenerator<string> {
      asked.push(`watch ${query?.["resourceVersion"]}`);
      const answers = watches[watch++];
      if (answers === undefined) {
        end.abort();
        if (lastWords !== undefined) throw lastWords;
      }
      for (const answer of answers ?? []) {
        if (answer instanceof Error) throw answer;
        yield await Promise.resolve(answer);
      }
    },
    [Symbol.dispose]: () => {},
  };
  await informNodes({
    api,
    selector: "",
    clock: {
      wallMs: () => 0,
      monotonicMs: () => 0,
      sleep: (ms) => Promise.resolve(void waitsMs.push(ms)),
    },
    onNodes: (nodes) => seen.push(nodes.map(({ name }) => name).join()),
    onRetry: (error, inMs) =>
      retries.push(`${error instanceof Error ? error.message : ""} ${inMs}`),
  }, end.signal);
  return { asked, seen, retries, waitsMs };
}

Deno.test("informNodes() goes on from the last event, and is silent on heartbeats", async () => {
  const heartbeat = event("MODIFIED", "a", "102", { status: { conditions: [{ type: "Ready" }] } });
  const { asked, seen } = await informed([["a"]], [
    [event("ADDED", "b", "101"), heartbeat, event("BOOKMARK", "", "150")],
    [event("DELETED", "a", "151")],
  ]);
  assert.deepEqual(asked, ["list", "watch 100", "watch 150", "watch 151"]);
  assert.deepEqual(seen, ["a", "a,b", "b"]);
});

Deno.test("informNodes() lists anew when its place is gone (410), in both forms", async () => {
  const expired = JSON.stringify({ type: "ERROR", object: { code: 410, message: "too old" } });
  const { asked, seen, retries } = await informed([["a"], ["a", "b"], ["c"]], [
    [expired],
    [new ApiError("Gone", 410, "Expired")],
  ]);
  assert.deepEqual(asked, ["list", "watch 100", "list", "watch 200", "list", "watch 300"]);
  assert.deepEqual([seen, retries], [["a", "a,b", "c"], []]);
});

Deno.test("informNodes() does not list in a circle where every place is gone at once", async () => {
  const gone = new ApiError("Gone", 410, "Expired");
  const added = event("ADDED", "a", "101");
  for (const watch of [[gone], [added, gone]]) {
    const { waitsMs } = await informed([], [watch, watch, watch]);
    assert.deepEqual(waitsMs.slice(0, 3), [500, 1000, 2000]);
  }
});

Deno.test("informNodes() tries again later and later, from where it was", async () => {
  const broken = new Error("Connection reset");
  const refused = new ApiError("Forbidden", 403, "");
  const { asked, retries } = await informed([["a"]], [[broken], [refused], [], [broken]]);
  assert.deepEqual(asked, ["list", ...Array(5).fill("watch 100")]);
  assert.deepEqual(retries, [
    "Connection reset 500",
    "Forbidden 1000",
    "Connection reset 500",
  ]);
});

Deno.test("informNodes() lists anew after half a minute of failures", async () => {
  const refused = new ApiError("Forbidden", 403, "");
  const { asked, seen, retries } = await informed([["a"], ["b"]], Array(6).fill([refused]));
  assert.deepEqual(asked, ["list", ...Array(6).fill("watch 100"), "list", "watch 200"]);
  assert.deepEqual(seen, ["a", "b"]);
  assert.equal(retries.at(-1), "Forbidden 15000");
});

Deno.test("informNodes() counts failures in a row: what came in between was no failure", async () => {
  const broken = new Error("Connection reset");
  const events = [event("ADDED", "b", "101"), broken];
  const { retries } = await informed([["a"]], Array(8).fill(events));
  assert.deepEqual(retries, Array(8).fill("Connection reset 500"));
});

Deno.test("informNodes() does not ask a server in a circle that ends every watch at once", async () => {
  const { asked, waitsMs } = await informed([["a"]], [[], []]);
  assert.deepEqual(asked, ["list", ...Array(3).fill("watch 100")]);
  assert.deepEqual(waitsMs, [1000, 1000, 1000]);
});

Deno.test("informNodes() does not complain of a watch that its own end breaks off", async () => {
  const { retries, waitsMs } = await informed([["a"]], [], new Error("Aborted"));
  assert.deepEqual([retries, waitsMs], [[], []]);
});

Deno.test("informNodes() lists and watches only what its selector lets through", async () => {
  for (const selector of ["", "pool=a,!gpu"]) {
    const end = new AbortController();
    const selectors: unknown[] = [];
    await informNodes({
      api: {
        namespace: "default",
        json: (_path, { query }) => {
          selectors.push(query?.["labelSelector"]);
          return Promise.resolve({ items: [], metadata: { resourceVersion: "1" } });
        },
        text: () => assert.fail(),
        // deno-lint-ignore require-yield
        lines: async function* (_path: string, { query }: RequestOptions): AsyncGenerator<string> {
          selectors.push(query?.["labelSelector"]);
          await Promise.resolve(end.abort());
        },
        [Symbol.dispose]: () => {},
      },
      clock: { wallMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() },
      ...{ selector, onNodes: () => {}, onRetry: () => {} },
    }, end.signal);
    const asked = selector === "" ? undefined : selector;
    assert.deepEqual(selectors, [asked, asked]);
  }
});

const noApi: KubernetesApi = {
  namespace: "default",
  json: () => assert.fail(),
  text: () => assert.fail(),
  lines: () => assert.fail(),
  [Symbol.dispose]: () => {},
};

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
    text: () => assert.fail(),
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

Deno.test("listNodes() names the selector that the API cannot read", async () => {
  const refused = new ApiError("The API server answered 400: unable to parse", 400, "BadRequest");
  const { result } = await listed("pool=a,", [refused]);
  assert.equal(
    String(result),
    'ApiError: The label selector "pool=a," (--selector, nodePing.selector): ' +
      "The API server answered 400: unable to parse",
  );
});

Deno.test("listNodes() refuses an answer without nodes, and takes a Node that lacks what it may", async () => {
  const list = async (answer: unknown) =>
    await listNodes(
      { ...noApi, json: () => Promise.resolve(answer) },
      "",
      new AbortController().signal,
    );
  for (const answer of [null, [], {}, { items: null }, { metadata: {} }]) {
    await assert.rejects(list(answer), /The API server's answer is no list of nodes/);
  }
  const status = { addresses: [{}], conditions: [{}] };
  const { nodes } = await list({ items: [{}, { metadata: {}, spec: { taints: [{}] }, status }] });
  const bare = { name: "", cordoned: false, deleting: false, terminating: false, excluded: false };
  assert.deepEqual(nodes, [
    { ...bare, addresses: [], taints: [] },
    { ...bare, addresses: [{ type: "", address: "" }], taints: [""] },
  ]);
});

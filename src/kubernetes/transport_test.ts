import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { makeTransport } from "./transport.ts";
import type { HttpRequest, HttpResponse } from "./transport.ts";
import type { Endpoint } from "./endpoint.ts";
import { startFakeServer } from "../../tests/fakes/http_server.ts";

function get(path: string, signal: AbortSignal = AbortSignal.timeout(10_000)): HttpRequest {
  return { method: "GET", path, headers: [], signal };
}

function plain(server: string, headers: Endpoint["headers"] = []): Endpoint {
  return { server, headers, insecure: false };
}

async function textOf({ body }: HttpResponse): Promise<string> {
  let text = "";
  for await (const bytes of body) text += new TextDecoder().decode(bytes);
  return text;
}

Deno.test("send() keeps a connection between requests, and takes up a server path", async () => {
  await using server = startFakeServer(({ line }) => ({ body: line }));
  using transport = makeTransport();
  const endpoint = plain(`${server.url}/k8s/clusters/c-1`);
  assert.equal(
    await textOf(await transport.send(endpoint, get("/api/v1/nodes?limit=2"))),
    "GET /k8s/clusters/c-1/api/v1/nodes?limit=2",
  );
  await textOf(await transport.send(endpoint, get("/version")));
  assert.deepEqual(server.received.map(({ connection }) => connection), [1, 1]);
});

Deno.test("send() sends a body with its length, and every header line, in UTF-8", async () => {
  await using server = startFakeServer(() => ({ status: 201, body: "made" }));
  using transport = makeTransport();
  const endpoint = plain(server.url, [["Impersonate-User", "jösé"]]);
  const response = await transport.send(endpoint, {
    ...get("/x"),
    ...{ method: "POST", headers: [["Content-Type", "text/plain"]], body: "grün" },
  });
  assert.deepEqual([response.status, await textOf(response)], [201, "made"]);
  const [request] = server.received;
  assert.equal(request?.body, "grün");
  for (const line of [["impersonate-user", "jösé"], ["content-type", "text/plain"]]) {
    assert.deepEqual(request?.headers.find(([name]) => name === line[0]), line);
  }
});

Deno.test("send() sends a header line for each group", async () => {
  await using server = startFakeServer(() => ({}));
  using transport = makeTransport();
  const groups = [["Impersonate-Group", "a"], ["Impersonate-Group", "b,c"]] as const;
  const response = await transport.send(plain(server.url, groups), get("/"));
  await textOf(response);
  assert.deepEqual(
    server.received[0]?.headers.filter(([name]) => name === "impersonate-group"),
    [["impersonate-group", "a"], ["impersonate-group", "b,c"]],
  );
});

Deno.test("send() refuses a header that would hold a second one, before it connects", async () => {
  await using server = startFakeServer(() => ({}));
  using transport = makeTransport();
  const endpoint = plain(server.url, [["Authorization", "Bearer a\r\nImpersonate-User: admin"]]);
  await assert.rejects(transport.send(endpoint, get("/")), /Invalid character in header content/);
  assert.deepEqual(server.received, []);
});

Deno.test("send() streams: a part of the answer is there before the next is made", async () => {
  const next = Promise.withResolvers<void>();
  await using server = startFakeServer(() => ({
    chunks: (async function* (): AsyncGenerator<string> {
      yield "first";
      await next.promise;
      yield "second";
    })(),
  }));
  using transport = makeTransport();
  const { body } = await transport.send(plain(server.url), get("/"));
  const parts: string[] = [];
  for await (const bytes of body) {
    parts.push(new TextDecoder().decode(bytes));
    next.resolve();
  }
  assert.deepEqual(parts, ["first", "second"]);
});

Deno.test("an aborted signal ends a request and its answer at once, with the reason", async () => {
  const never = new Promise<never>(() => {});
  await using server = startFakeServer(async ({ line }) => {
    if (line === "GET /no-head") await never;
    return { chunks: endless() };
  });
  using transport = makeTransport();
  for (const path of ["/no-end", "/no-head"]) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    const reading = async () =>
      await textOf(await transport.send(plain(server.url), get(path, stop.signal)));
    await assert.rejects(reading(), /^Error: enough$/);
    if (path === "/no-end") await eventually(() => server.open() === 0);
  }
  await assert.rejects(
    transport.send(plain(server.url), get("/", AbortSignal.abort(new Error("before")))),
    /^Error: before$/,
  );
});

Deno.test("a reader that leaves a stream frees its connection", async () => {
  await using server = startFakeServer(() => ({ chunks: endless() }));
  using transport = makeTransport();
  const { body } = await transport.send(plain(server.url), get("/"));
  for await (const _ of body) break;
  await eventually(() => server.open() === 0);
});

Deno.test("a request goes on where the server has closed the idle connection", async () => {
  await using server = startFakeServer(({ connection }) => ({ body: String(connection) }));
  using transport = makeTransport();
  assert.equal(await textOf(await transport.send(plain(server.url), get("/"))), "1");
  server.disconnect();
  assert.equal(await textOf(await transport.send(plain(server.url), get("/"))), "2");
});

Deno.test("other credentials never travel on a connection made before", async () => {
  await using server = startFakeServer(() => ({}));
  using transport = makeTransport();
  await textOf(await transport.send(plain(server.url), get("/")));
  const other = { ...plain(server.url), clientCertificate: { cert: "another", key: "one" } };
  await textOf(await transport.send(other, get("/")));
  assert.deepEqual(server.received.map(({ connection }) => connection), [1, 2]);
});

/** Something every 10 ms, for ever: a server notices only when it writes that nobody reads any more. */
async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield "and on\n";
    await delay(10);
  }
}

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100 && !isTrue(); attempt++) {
    await delay(20);
  }
  assert.ok(isTrue());
}

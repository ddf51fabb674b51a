import assert from "node:assert/strict";
import { serveHttp } from "./http.ts";
import type { Endpoints, ListenAddress } from "./http.ts";
import { FakeLog } from "../../tests/fakes/log.ts";

const encoder = new TextEncoder();

const loopback: ListenAddress = { hostname: "127.0.0.1", port: 0 };

/** Serves on a free port of the loopback while `body` asks for paths. */
async function withServer(
  endpoints: Partial<Endpoints>,
  body: (
    get: (path: string, init?: RequestInit) => Promise<Response>,
    log: FakeLog,
  ) => Promise<void>,
  addresses: readonly ListenAddress[] = [loopback],
): Promise<void> {
  const controller = new AbortController();
  const log = new FakeLog();
  const servers = serveHttp({
    addresses,
    log,
    endpoints: {
      metrics: () =>
        ReadableStream.from(["a_total 1\n", 'b{x="ü"} 2\n'].map((text) => encoder.encode(text))),
      contentType: "text/plain; version=0.0.4; charset=utf-8",
      unready: () => undefined,
      ...endpoints,
    },
  }, controller.signal);
  try {
    const [{ addr: { port } } = assert.fail("nobody listens")] = servers;
    await body((path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), log);
  } finally {
    controller.abort();
    await Promise.all(servers.map(({ finished }) => finished));
  }
}

Deno.test("serveHttp() serves the exposition in parts, with its content type", async () => {
  await withServer({}, async (get, log) => {
    const response = await get("/metrics");
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(await response.text(), 'a_total 1\nb{x="ü"} 2\n');
    assert.deepEqual(log.messages("info"), ["Listening"]);
  });
});

Deno.test("serveHttp() tells health and readiness, with the reason", async () => {
  let reason: string | undefined;
  await withServer({ unready: () => reason }, async (get) => {
    const answers = async () => {
      const responses = await Promise.all([get("/healthz"), get("/readyz")]);
      return Promise.all(responses.map(async (r) => `${r.status} ${await r.text()}`));
    };
    assert.deepEqual(await answers(), ["200 ok\n", "200 ok\n"]);
    reason = "No node list is loaded";
    assert.deepEqual(await answers(), ["200 ok\n", "503 No node list is loaded\n"]);
  });
});

Deno.test("serveHttp() answers other paths and methods as HTTP has it", async () => {
  await withServer({}, async (get) => {
    const status = async (path: string, method: string) => {
      const response = await get(path, { method });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status("/", "GET"), 200);
    assert.equal(await status("/metrics?x=1", "HEAD"), 200);
    assert.equal(await status("/metrics/", "GET"), 404);
    assert.equal(await status("/../etc/passwd", "GET"), 404);
    for (const method of ["POST", "PUT", "DELETE"]) {
      assert.equal(await status("/metrics", method), 405);
    }
  });
});

Deno.test("serveHttp() logs a handler that fails, and goes on serving", async () => {
  const metrics = () => {
    throw new Error("broken");
  };
  await withServer({ metrics }, async (get, log) => {
    const response = await get("/metrics");
    assert.deepEqual([response.status, await response.text()], [500, "Internal error\n"]);
    assert.deepEqual(log.lines.at(-1)?.fields, { cause: "Error: broken" });
    assert.equal(await (await get("/healthz")).text(), "ok\n");
  });
});

Deno.test("serveHttp() tries the next address where the first cannot be had", async () => {
  const nobodys = { hostname: "192.0.2.1", port: 0 };
  await withServer({}, async (get) => {
    assert.equal(await (await get("/healthz")).text(), "ok\n");
  }, [nobodys, loopback]);
});

Deno.test("serveHttp() serves on all addresses, of which the first may include the others", async () => {
  const other = { hostname: "127.0.0.2", port: 0 };
  await withServer({}, async (get, log) => {
    const { url, body } = await get("/healthz");
    await body?.cancel();
    const elsewhere = await fetch(url.replace("127.0.0.1", "127.0.0.2"));
    assert.equal(await elsewhere.text(), "ok\n");
    assert.equal(log.messages("info").length, 2, "the third address is in use: by the first");
  }, [loopback, other, loopback]);
});

Deno.test("serveHttp() says what to do about a port in use, or when no address can be had", () => {
  using taken = Deno.listen({ ...loopback });
  const { port } = taken.addr;
  const start = (addresses: readonly ListenAddress[]) =>
    serveHttp({
      addresses,
      log: new FakeLog(),
      endpoints: {
        metrics: () => ReadableStream.from([]),
        contentType: "",
        unready: () => undefined,
      },
    }, new AbortController().signal);
  assert.throws(() => start([{ hostname: "127.0.0.1", port }]), {
    message: `Port ${port} is in use: choose another with --listen`,
  });
  assert.throws(
    () => start([{ hostname: "192.0.2.1", port: 1 }, { hostname: "2001:db8::1", port: 2 }]),
    /^AggregateError: Cannot listen on 192\.0\.2\.1:1: .* nor on \[2001:db8::1\]:2: .*: see --listen$/,
  );
});

Deno.test("serveHttp() refuses a request without a readable host, and does not log it", async () => {
  await withServer({}, async (get, log) => {
    const { url, body } = await get("/");
    await body?.cancel();
    using connection = await Deno.connect({
      port: Number(new URL(url).port),
      hostname: "127.0.0.1",
    });
    const request = "GET /metrics HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n";
    await connection.write(encoder.encode(request));
    assert.match(await new Response(connection.readable).text(), /^HTTP\/1.1 400 Bad Request/);
    assert.deepEqual(log.messages("error"), []);
  });
});

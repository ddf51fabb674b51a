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
  maxIdleMs?: number,
): Promise<void> {
  const controller = new AbortController();
  const log = new FakeLog();
  const servers = serveHttp({
    addresses,
    log,
    ...(maxIdleMs === undefined ? {} : { maxIdleMs }),
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

Deno.test("serveHttp() serves the families that are asked for", async () => {
  const asked: unknown[] = [];
  const metrics = (names?: ReadonlySet<string>) => {
    asked.push(names && [...names]);
    return ReadableStream.from([encoder.encode("a_total 1\n")]);
  };
  await withServer({ metrics }, async (get) => {
    for (const query of ["", "?name[]=a_total", "?name%5B%5D=a&name[]=b", "?other=1"]) {
      assert.equal(await (await get(`/metrics${query}`)).text(), "a_total 1\n");
    }
  });
  assert.deepEqual(asked, [undefined, ["a_total"], ["a", "b"], undefined]);
});

Deno.test("serveHttp() compresses where it is asked to", async () => {
  const plain = 'a_total{destination_node="node-1"} 1\n'.repeat(1000);
  const metrics = () => ReadableStream.from([encoder.encode(plain)]);
  await withServer({ metrics }, async (get) => {
    const raw = async (coding: string) => {
      const { url, body } = await get("/");
      await body?.cancel();
      using connection = await Deno.connect({
        ...{ hostname: "127.0.0.1", port: Number(new URL(url).port) },
      });
      const lines = ["GET /metrics HTTP/1.1", "Host: a", "Connection: close", coding, "", ""];
      await connection.write(encoder.encode(lines.join("\r\n")));
      return new Uint8Array(await new Response(connection.readable).arrayBuffer());
    };
    const head = (answer: Uint8Array) => new TextDecoder("latin1").decode(answer).toLowerCase();
    for (const coding of ["gzip", "deflate, GZIP;q=0.5", "br;q=1, gzip ; q=1.0"]) {
      const answer = await raw(`Accept-Encoding: ${coding}`);
      assert.match(head(answer), /\r\ncontent-encoding: gzip\r\n/, coding);
      assert.ok(answer.length < 1000, `${answer.length} bytes`);
    }
    // No weight is so long: the time to find out must not grow with the square of its length.
    const long = `gzip;q=0.${"1".repeat(10_000)}`;
    for (const coding of ["identity", "gzip;q=0", "gzip;q=0.0", "xgzip", long]) {
      const answer = await raw(`Accept-Encoding: ${coding}`);
      assert.doesNotMatch(head(answer), /content-encoding/, coding);
      assert.ok(answer.length > plain.length, coding);
    }
    // fetch asks for gzip by itself, and unpacks it.
    assert.equal(await (await get("/metrics")).text(), plain);
  });
});

Deno.test("serveHttp() refuses more than 20 /metrics at a time, and drops who does not read", async () => {
  const chunk = encoder.encode(`${"x".repeat(99_999)}\n`);
  const metrics = () => ReadableStream.from(Array(100).fill(chunk));
  await withServer(
    { metrics },
    async (get) => {
      const { url, body } = await get("/");
      await body?.cancel();
      const address = { hostname: "127.0.0.1", port: Number(new URL(url).port) };
      const request = encoder.encode("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
      const connections = await Promise.all(Array.from({ length: 25 }, async () => {
        const connection = await Deno.connect(address);
        await connection.write(request);
        return connection;
      }));
      await until(async () => (await status(get, "/metrics")) === 503);
      for (const path of ["/healthz", "/readyz"]) assert.equal(await status(get, path), 200);
      await until(async () => (await status(get, "/metrics")) === 200);
      for (const connection of connections) connection.close();
    },
    [loopback],
    300,
  );
});

async function status(
  get: (path: string) => Promise<Response>,
  path: string,
): Promise<number> {
  const response = await get(path);
  await response.body?.cancel();
  return response.status;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 5000;
  while (!await holds()) {
    assert.ok(performance.now() < endMs, "Not so within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("serveHttp() serves health and readiness, with the reason", async () => {
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

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { makeApi, reportWaits, streamLines } from "./client.ts";
import type { KubernetesApi } from "./client.ts";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { startFakeServer } from "../../tests/fakes/http_server.ts";
import type { Answer } from "../../tests/fakes/http_server.ts";
import { systemClock } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";

async function linesOf(chunks: readonly string[], clock: Clock): Promise<readonly string[]> {
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const { signal } = new AbortController();
  return await Array.fromAsync(streamLines(ReadableStream.from(bytes), clock, signal));
}

/** A clock by which every read takes so long; the rests are counted. */
function clockWithWaits(waitMs: number): { clock: Clock; rests: () => number } {
  let nowMs = 0;
  let rests = 0;
  const clock: Clock = {
    wallMs: () => 0,
    monotonicMs: () => (nowMs += waitMs),
    sleep: () => Promise.resolve(void rests++),
  };
  return { clock, rests: () => rests };
}

Deno.test("streamLines() joins lines over chunks, also within a character", async () => {
  const { clock } = clockWithWaits(0);
  const whole = new TextEncoder().encode("zone é\nb\n\nlast");
  for (let size = 1; size <= whole.length; size++) {
    const chunks = Array.from(
      { length: Math.ceil(whole.length / size) },
      (_, index) => whole.slice(index * size, (index + 1) * size),
    );
    const { signal } = new AbortController();
    const lines = await Array.fromAsync(streamLines(ReadableStream.from(chunks), clock, signal));
    assert.deepEqual(lines, ["zone é", "b", "", "last"], `${size} bytes a chunk`);
  }
});

Deno.test("streamLines() rests after a read that had to wait, and not while there is more", async () => {
  const slow = clockWithWaits(10);
  assert.deepEqual(await linesOf(["a\n", "b\n"], slow.clock), ["a", "b"]);
  assert.equal(slow.rests(), 2);
  const fast = clockWithWaits(0);
  assert.deepEqual(await linesOf(["a\n", "b\n"], fast.clock), ["a", "b"]);
  assert.equal(fast.rests(), 0);
});

Deno.test("streamLines() ends with the signal, and lets the response go", async () => {
  const stop = new AbortController();
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      setTimeout(() => controller.enqueue(new TextEncoder().encode("a\n")), 5);
    },
    cancel: () => void (isCancelled = true),
  });
  const lines = streamLines(stream, systemClock, stop.signal);
  assert.equal((await lines.next()).value, "a");
  stop.abort(new Error("enough"));
  await assert.rejects(lines.next(), /enough/);
  assert.ok(isCancelled);
});

/** What the client says of an answer that is none of an API server. */
async function complaint(answer: Answer): Promise<string> {
  await using server = startFakeServer(() => answer);
  using api = makeApi({
    namespace: "default",
    endpoint: () => Promise.resolve({ server: server.url, headers: [], insecure: false }),
  });
  const { message } = await api.json("/api/v1/nodes", { signal: AbortSignal.timeout(5_000) })
    .then(() => assert.fail("it was taken for an answer"), (error: Error) => error);
  return message.replace(server.url, "URL");
}

Deno.test("makeApi() says that somebody else answers in the API server's place", async () => {
  assert.equal(
    await complaint({ body: "<html>\x1b[2J Please log in" }),
    'URL answered "<html>\\u001b[2J Please log in", which is no JSON: is it the API server, or a ' +
      "proxy or login page before it?",
  );
  assert.equal(
    await complaint({ status: 302, body: "", headers: ["Location: https://login.example"] }),
    "The API server answered 302: no API server redirects: is a proxy or login page before it?",
  );
  assert.equal(
    await complaint({ status: 503, body: "" }),
    "The API server answered 503: nothing else",
  );
});

Deno.test("makeApi() comes again when the server says so, 5 times and for 7 s at most, and never for lines", async () => {
  const waits: number[] = [];
  const clock: Clock = { ...systemClock, sleep: (ms) => Promise.resolve(void waits.push(ms)) };
  const asked = async (answers: readonly Answer[], isLines = false): Promise<unknown> => {
    const left = [...answers];
    await using server = startFakeServer(() => left.shift() ?? { body: '{"kind":"NodeList"}' });
    const endpoint = () => Promise.resolve({ server: server.url, headers: [], insecure: false });
    using api = makeApi({ namespace: "default", endpoint }, clock);
    waits.length = 0;
    const signal = AbortSignal.timeout(5_000);
    if (!isLines) return await api.json("/", { signal });
    return await Array.fromAsync(api.lines("/", { signal }));
  };
  const later = (status: number, seconds: string): Answer => ({
    ...{ status, body: "later", headers: [`Retry-After: ${seconds}`] },
  });
  assert.deepEqual(await asked([later(429, "1"), later(503, "3600")]), { kind: "NodeList" });
  assert.deepEqual(waits, [1000, 6000]);
  await assert.rejects(asked([later(429, "4"), later(429, "4"), later(429, "4")]), /answered 429/);
  assert.deepEqual(waits, [4000, 3000]);
  await assert.rejects(asked(Array(6).fill(later(429, "1"))), /answered 429: later/);
  assert.equal(waits.length, 5);
  await assert.rejects(asked([later(429, "1")], true), /answered 429: later/);
  assert.equal(waits.length, 0);
  for (const answer of [later(404, "1"), later(429, "soon"), { status: 503, body: "later" }]) {
    await assert.rejects(asked([answer]), /answered \d+: later/);
    assert.equal(waits.length, 0);
  }
});

Deno.test("makeApi() does not say the password of a server that it cannot reach", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const server = `http://jane:secret@127.0.0.1:${port}`;
  const endpoint = () => Promise.resolve({ server, headers: [], insecure: false });
  using api = makeApi({ namespace: "default", endpoint });
  const { signal } = new AbortController();
  await assert.rejects(api.json("/version", { signal }), (error: Error) => {
    assert.match(error.message, /API server http:\/\/jane:\.\.\.@127\.0\.0\.1/);
    return !error.message.includes("secret");
  });
});

Deno.test("text() reads what comes compressed, where it asked for it, and not without end", async () => {
  const asked: (string | null)[] = [];
  const answers: Record<string, Uint8Array<ArrayBuffer>> = {
    "/good": new Uint8Array(gzipSync("zone é\n".repeat(10_000))),
    "/cut": new Uint8Array(gzipSync("x".repeat(1000))).slice(0, -10),
    "/endless": new Uint8Array(gzipSync(new Uint8Array(65 * 2 ** 20))),
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(request.headers.get("accept-encoding"));
    const body = answers[pathname];
    return body === undefined
      ? Response.json({})
      : new Response(body, { headers: { "content-encoding": "gzip" } });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const api = makeApi({
    namespace: "default",
    endpoint: () => Promise.resolve({ server: url, headers: [], insecure: false }),
  });
  const options = { signal: AbortSignal.timeout(30_000) };
  assert.equal(await api.text("/good", options), "zone é\n".repeat(10_000));
  await assert.rejects(api.text("/cut", options), /unexpected end of file/i);
  await assert.rejects(api.text("/endless", options), /^Error: The answer is longer than 64 MiB$/);
  assert.deepEqual(await api.json("/plain", options), {});
  assert.deepEqual(asked, ["gzip", "gzip", "gzip", null]);
  api[Symbol.dispose]();
  await server.shutdown();
});

/** When a request that is answered after the time is said to wait, in seconds of its own. */
async function reportsOfWaits(answersAfterMs: readonly number[]): Promise<number[][]> {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const times = [...answersAfterMs];
  const api = {
    namespace: "default",
    json: () => clock.sleep(times.shift() ?? 0, signal),
    text: () => assert.fail(),
    lines: () => assert.fail("nothing is watched"),
    [Symbol.dispose]: () => {},
  } satisfies KubernetesApi;
  const server = "https://jane:secret@api.example";
  const endpoint = () => Promise.resolve({ server, headers: [], insecure: false });
  let reports: number[] = [];
  const take = (message: string): void => {
    const wait = /^No answer from the API server https:\/\/jane:\.\.\.@api.example for (\d+) s$/;
    reports.push(Number(wait.exec(message)?.[1]));
  };
  const patient = reportWaits(api, { namespace: "default", endpoint }, take, clock);
  const all: number[][] = [];
  for (const ms of answersAfterMs) {
    reports = [];
    const answer = patient.json("/", { signal });
    await clock.advance(ms);
    await answer;
    all.push(reports);
  }
  return all;
}

Deno.test("reportWaits() says within 10 s that nobody answers, at growing intervals until somebody does", async () => {
  assert.deepEqual(await reportsOfWaits([5_000, 70_000, 9_000]), [[], [8, 24, 56], [8]]);
});

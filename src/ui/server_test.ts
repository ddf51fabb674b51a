import assert from "node:assert/strict";
import { servePage } from "./server.ts";
import type { LiveView, PageServer } from "./server.ts";

const view: LiveView = {
  json: () => '{"at":1,"title":"</script>"}',
  event: () => '{"at":1}',
  changes: (since) => Number.isNaN(since) ? undefined : `{"from":${since}}`,
  jsonAt: (at) => Number.isNaN(at) ? undefined : `{"at":${at}}`,
  traces: (source, destination) => JSON.stringify([source, destination]),
  file: () => "<!DOCTYPE html>",
};

async function serving(work: (server: PageServer) => Promise<void>): Promise<void> {
  const ending = new AbortController();
  const server = servePage({ port: undefined, view, trouble: () => undefined }, ending.signal);
  try {
    await work(server);
  } finally {
    ending.abort();
    await server.finished;
  }
}

/** A status, by a client that sends any Host header. */
async function statusFor(url: string, host: string): Promise<number> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET /mesh.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const head = new Uint8Array(32);
  await connection.read(head);
  return Number(new TextDecoder().decode(head).split(" ")[1]);
}

Deno.test("servePage() answers its own names alone, and on the loopback alone", async () => {
  await serving(async ({ url }) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      assert.equal(await statusFor(url, host), 200, host);
    }
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", `127.0.0.1:1`, ""]) {
      assert.equal(await statusFor(url, host), 403, host);
    }
  });
});

Deno.test("servePage() works for no other site's page, which may lead to its own", async () => {
  await serving(async ({ url }) => {
    const status = async (path: string, site: string) => {
      const response = await fetch(url + path, { headers: { "sec-fetch-site": site } });
      await response.body?.cancel();
      return response.status;
    };
    for (const path of ["mesh.json?at=5", "matrix.html?at=5", "traces.json", "events"]) {
      assert.equal(await status(path, "cross-site"), 403, path);
      assert.equal(await status(path, "same-site"), 403, "another port of this machine");
      assert.equal(await status(path, "same-origin"), 200, path);
      assert.equal(await status(path, "none"), 200, "typed by a person");
    }
    assert.equal(await status("", "cross-site"), 200);
  });
});

Deno.test("servePage() forbids the page every request to elsewhere, and every other script", async () => {
  await serving(async ({ url }) => {
    const response = await fetch(url);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(
      policy,
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; /,
    );
    assert.match(policy, /; connect-src 'self'; .*frame-ancestors 'none'$/);
    assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin");
    const html = await response.text();
    assert.match(html, /<div id="app" data-live><\/div>/);
    assert.ok(html.includes('id="data">{"at":1,"title":"\\u003c/script>"}</script>'));
  });
});

Deno.test("servePage() gives the mesh, a moment, traces and the one-file page; and changes nothing", async () => {
  await serving(async ({ url }) => {
    const text = async (path: string) => await (await fetch(url + path)).text();
    assert.equal(await text("mesh.json"), '{"at":1,"title":"</script>"}');
    assert.equal(await text("changes.json?since=1"), '{"from":1}');
    assert.equal(await text("changes.json"), "Nothing was read yet\n");
    assert.equal(await text("mesh.json?at=5"), '{"at":5}');
    assert.equal(await text("mesh.json?at=now"), "Nothing was read yet\n");
    assert.equal(await text("traces.json?source=a&destination=b"), '["a","b"]');
    const file = await fetch(`${url}matrix.html`);
    assert.equal(file.headers.get("content-disposition"), "attachment");
    assert.equal(await file.text(), "<!DOCTYPE html>");
    const post = await fetch(url, { method: "POST", body: "" });
    assert.equal(post.status, 405);
    await post.body?.cancel();
    assert.equal(await text("etc/passwd"), "Not found\n");
  });
});

Deno.test("servePage() sends events as they come; a page that does not read misses some", async () => {
  await serving(async ({ url, send }) => {
    const response = await fetch(`${url}events`);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.ok(reader);
    let got = "";
    while (!got.includes('{"at":1}')) got += (await reader.read()).value ?? "";
    send("mesh", '{"at":2}');
    while (!got.includes('{"at":2}')) got += (await reader.read()).value ?? "";
    assert.equal(
      got,
      'retry: 1000\n\nevent: mesh\ndata: {"at":1}\n\nevent: mesh\ndata: {"at":2}\n\n',
    );
    for (let sent = 0; sent < 10_000; sent++) send("mesh", "x".repeat(1000));
    await reader.cancel();
  });
});

Deno.test("servePage() says that a port is in use where it was asked for, else takes another", async () => {
  await serving(async ({ url }) => {
    const port = Number(new URL(url).port);
    const { signal } = new AbortController();
    assert.throws(
      () => servePage({ port, view, trouble: () => undefined }, signal),
      { message: `Port ${port} is in use: choose another with --port` },
    );
    await serving((other) => {
      assert.notEqual(other.url, url);
      return Promise.resolve();
    });
  });
});

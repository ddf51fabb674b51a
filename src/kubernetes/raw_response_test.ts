import assert from "node:assert/strict";
import { ResponseParser } from "./raw_response.ts";

interface Read {
  status: number;
  body: string;
  isOver: boolean;
}

/** Feeds the text in pieces of the size. */
function read(text: string, pieceSize: number): Read {
  const result: Read = { status: 0, body: "", isOver: false };
  const parser = new ResponseParser({
    head: (status) => void (result.status = status),
    body: (bytes) => void (result.body += new TextDecoder().decode(bytes)),
    end: () => void (result.isOver = true),
  });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += pieceSize) {
    parser.push(bytes.subarray(at, at + pieceSize));
  }
  return result;
}

const ignored = { head: () => {}, body: () => {}, end: () => {} };

const responses: Readonly<Record<string, string>> = {
  counted: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  chunked:
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: 1\r\n\r\n",
  "after 100": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
};

for (const [name, text] of Object.entries(responses)) {
  Deno.test(`ResponseParser reads a ${name} response, however it is cut`, () => {
    for (const pieceSize of [1, 2, 3, 7, 1000]) {
      assert.deepEqual(read(text, pieceSize), { status: 200, body: "hello", isOver: true });
    }
  });
}

Deno.test("ResponseParser reads a body that ends with the connection", () => {
  let isOver = false;
  const parser = new ResponseParser({ ...ignored, end: () => void (isOver = true) });
  parser.push(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\nhello"));
  assert.equal(isOver, false);
  assert.equal(parser.finish(), true);
  assert.equal(isOver, true);
});

Deno.test("ResponseParser waits for no body where the status says that there is none", () => {
  for (const status of [204, 304]) {
    const text = `HTTP/1.1 ${status} Nothing\r\nTransfer-Encoding: chunked\r\n\r\n`;
    assert.deepEqual(read(text, 100), { status, body: "", isOver: true });
  }
});

Deno.test("ResponseParser tells a response that was cut short", () => {
  const parser = new ResponseParser(ignored);
  parser.push(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"));
  assert.equal(parser.finish(), false);
});

Deno.test("ResponseParser refuses what is not HTTP", () => {
  assert.throws(() => read("SSH-2.0-OpenSSH\r\n\r\n", 100), /does not speak HTTP/);
  assert.throws(
    () => read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 100),
    /chunk of size "xyz"/,
  );
});

import assert from "node:assert/strict";
import { TextBuffer } from "./text_buffer.ts";

const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("TextBuffer puts pieces together, whatever they take, and gives any part back", () => {
  const buffer = new TextBuffer();
  const pieces = ["ü€😀", "a".repeat(100_000), "", "é".repeat(70_000), "b"];
  const ends = pieces.map((piece) => {
    buffer.append(piece);
    return buffer.length;
  });
  assert.equal(decoded(buffer.view(0, buffer.length)), pieces.join(""));
  pieces.forEach((piece, i) => {
    assert.equal(decoded(buffer.view(ends[i - 1] ?? 0, ends[i] ?? 0)), piece);
  });
});

Deno.test("TextBuffer begins anew in the same memory when it is cleared", () => {
  const buffer = new TextBuffer();
  buffer.append("old");
  const before = buffer.view(0, 3).buffer;
  buffer.clear();
  buffer.append("new");
  assert.equal(decoded(buffer.view(0, buffer.length)), "new");
  assert.equal(buffer.view(0, 3).buffer, before);
});

Deno.test("TextBuffer has room for three bytes a character, wherever its memory ends", () => {
  for (let room = 0; room <= 24; room++) {
    const buffer = new TextBuffer();
    buffer.append("a".repeat(1000));
    const memory = buffer.view(0, 0).buffer.byteLength;
    // Long pieces would make it grow before its end.
    while (buffer.length < memory - 4000) buffer.append("a".repeat(1000));
    while (buffer.length < memory - room) buffer.append("a");
    buffer.append("€€€€€€");
    assert.equal(decoded(buffer.view(memory - room, buffer.length)), "€€€€€€", String(room));
  }
});

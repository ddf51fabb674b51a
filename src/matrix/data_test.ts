import assert from "node:assert/strict";
import { matrixCsv, matrixJson } from "./data.ts";
import { matrixOf } from "./matrix.ts";

const matrix = matrixOf({
  nodes: [{ name: "a", zone: "z" }, { name: '=b,"' }],
  sources: [{ name: "a", silent: false }, { name: '=b,"', silent: true }],
  pairs: [{ source: "a", destination: '=b,"', address: "fd00::1", sent: 4, received: 0 }],
  externals: [{ source: "a", destination: "dns", address: "192.0.2.1", sent: 4, received: 4 }],
});

Deno.test("matrixCsv() quotes what it must and hands no formula to a spreadsheet", () => {
  assert.equal(
    matrixCsv(matrix),
    "source,destination,address,sent,received,loss,rtt_seconds\r\n" +
      `a,"'=b,""",fd00::1,4,0,1,\r\n`,
  );
});

Deno.test("matrixCsv() marks every beginning of a formula, and no number", () => {
  for (const name of ["=1", "+1", "-1", "@a"]) {
    const csv = matrixCsv(matrixOf({
      nodes: [{ name }, { name: "b" }],
      sources: [{ name, silent: false }],
      pairs: [{
        source: name,
        destination: "b",
        address: "192.0.2.1",
        sent: 2e6,
        received: 2e6 - 1,
      }],
      externals: [],
    }));
    assert.equal(
      csv.split("\r\n")[1],
      `'${name},b,192.0.2.1,2000000,1999999,${1 - (2e6 - 1) / 2e6},`,
    );
  }
});

Deno.test("matrixJson() has nodes with their silence and pairs with null for no round trip", () => {
  assert.deepEqual(JSON.parse(matrixJson(matrix)), {
    nodes: [{ name: "a", zone: "z", silent: false }, { name: '=b,"', silent: true }],
    pairs: [{
      source: "a",
      destination: '=b,"',
      address: "fd00::1",
      sent: 4,
      received: 0,
      loss: 1,
      rttSeconds: null,
    }],
    externals: [{
      source: "a",
      destination: "dns",
      address: "192.0.2.1",
      sent: 4,
      received: 4,
      loss: 0,
      rttSeconds: null,
    }],
  });
});

import assert from "node:assert/strict";
import { captureNames, readCapture } from "./fping_capture.ts";

for (const version of ["5.1", "5.5"] as const) {
  Deno.test(`readCapture() reads every capture of fping ${version}`, () => {
    const names = captureNames(version);
    assert.ok(names.length >= 25, names.join(" "));
    for (const name of names) assert.match(readCapture(name, version).exit, /^(SIGTERM|\d)$/);
  });
}

Deno.test("readCapture() gives exactly what was printed", () => {
  const { stdout, stderr } = readCapture("wrong-source", "5.1");
  assert.match(stdout, /^\[\d+\.\d{5}\] 10\.77\.0\.2 : \[0\], 64 bytes, .* loss\)\n/);
  assert.ok(stdout.endsWith("0% loss)\n"));
  assert.ok(stderr.startsWith(" [<- 10.77.0.99] [<- fd77::99]") && !stderr.endsWith("\n"));
});

import assert from "node:assert/strict";
import type { PairMeasurement } from "../measurements/mesh.ts";
import { externalTargets } from "./externals.ts";

const seen = (source: string, destination: string, received: number): PairMeasurement => ({
  ...{ source, destination, address: `${destination}.example`, sent: 100, received },
  rttSumSeconds: received * 0.02,
});

Deno.test("externalTargets() adds up what all sources saw, the worst target and source first", () => {
  const [dns, uplink, ...others] = externalTargets([
    seen("node-1", "uplink", 100),
    seen("node-2", "uplink", 100),
    seen("node-1", "dns", 100),
    seen("node-2", "dns", 50),
  ]);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [dns?.destination, dns?.address, dns?.loss, dns?.lossy, dns?.pairs],
    ["dns", "dns.example", 0.25, 1, 2],
  );
  assert.deepEqual(dns?.cells.map(({ source, loss }) => [source, loss]), [
    ["node-2", 0.5],
    ["node-1", 0],
  ]);
  assert.deepEqual([uplink?.loss, uplink?.rttSeconds], [0, 0.02]);
});

Deno.test("externalTargets() keeps the addresses of a name apart, and leaves out what is not probed", () => {
  const six = { ...seen("node-1", "dns", 0), address: "fd00::53" };
  const unknown = { ...seen("node-1", "new", 0), sent: 0 };
  assert.deepEqual(
    externalTargets([seen("node-1", "dns", 100), six, unknown])
      .map(({ address, loss, rttSeconds }) => [address, loss, rttSeconds]),
    [["fd00::53", 1, undefined], ["dns.example", 0, 0.02]],
  );
});

Deno.test("externalTargets() orders by name what lost alike", () => {
  const sources = ["node-2", "node-1"].flatMap((source) => [
    seen(source, "uplink", 50),
    seen(source, "dns", 50),
  ]);
  assert.deepEqual(
    externalTargets(sources).map(({ destination, cells }) => [
      destination,
      ...cells.map(({ source }) => source),
    ]),
    [["dns", "node-1", "node-2"], ["uplink", "node-1", "node-2"]],
  );
});

import assert from "node:assert/strict";
import { cutMiddle, lossColours, lossStep, shortLoss, shortRtt } from "./scale.ts";

Deno.test("shortLoss() fits three characters and never shows loss as none or as all", () => {
  for (let loss = 0; loss <= 1; loss += 0.0003) {
    const text = shortLoss(loss);
    assert.ok(text.length <= 3, text);
    assert.equal(text === "·", loss === 0);
  }
  const losses = [0, 0.00001, 0.004, 0.0096, 0.012, 0.0994, 0.0996, 0.37, 0.998, 1];
  assert.deepEqual(
    losses.map(shortLoss),
    ["·", ".1", ".4", "1.0", "1.2", "9.9", "10", "37", "99", "all"],
  );
});

Deno.test("shortRtt() fits four characters", () => {
  const seconds = [0.000001, 0.00005, 0.0009949, 0.000996, 0.0042, 0.00996, 0.123, 1];
  assert.deepEqual(
    seconds.map(shortRtt),
    [".01", ".05", ".99", "1.0", "4.2", "10", "123", "1000"],
  );
});

Deno.test("lossStep() rises with the loss, and every step is darker than the one before", () => {
  assert.deepEqual([0, 0.001, 0.01, 0.1, 0.5, 1].map(lossStep), [0, 1, 2, 3, 4, 4]);
  const light = lossColours.map((colour) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
      parseInt(colour.slice(at, at + 2), 16)
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  assert.deepEqual(light, light.toSorted((one, other) => other - one));
});

Deno.test("cutMiddle() keeps both ends of a name within the width", () => {
  assert.equal(cutMiddle("gke-prod-pool-1-a7f3", 11), "gke-p…-a7f3".slice(0, 11));
  assert.equal(cutMiddle("short", 5), "short");
  assert.equal(cutMiddle("short", 1), "s");
  for (let width = 0; width < 12; width++) {
    assert.ok([...cutMiddle("a-long-name", width)].length <= width);
  }
});

import assert from "node:assert/strict";
import { makeRandom } from "../../tests/fakes/random.ts";
import { shuffled } from "./shuffle.ts";

const items = Array.from({ length: 100 }, (_, i) => i);

Deno.test("shuffled() keeps every item once and leaves its input alone", () => {
  const input = [...items];
  const result = shuffled(input);
  assert.deepEqual(input, items);
  assert.deepEqual([...result].sort((a, b) => a - b), items);
  assert.deepEqual(shuffled([]), []);
});

Deno.test("shuffled() gives another order for other chance, the same for the same", () => {
  assert.deepEqual(shuffled(items, makeRandom(1)), shuffled(items, makeRandom(1)));
  assert.notDeepEqual(shuffled(items, makeRandom(1)), shuffled(items, makeRandom(2)));
  assert.notDeepEqual(shuffled(items), shuffled(items));
});

Deno.test("shuffled() puts every item at every place about equally often", () => {
  const random = makeRandom(7);
  const places = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    shuffled(["a", "b", "c", "d", "e"], random).forEach((item, place) => {
      places.set(`${item}${place}`, (places.get(`${item}${place}`) ?? 0) + 1);
    });
  }
  assert.equal(places.size, 25);
  for (const [key, count] of places) assert.ok(Math.abs(count - 1000) < 150, `${key}: ${count}`);
});

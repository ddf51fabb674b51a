import assert from "node:assert/strict";
import { sourceState } from "./source_state.ts";

async function withEpoch(value: string | undefined, use: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("SOURCE_DATE_EPOCH");
  const set = (to: string | undefined) =>
    to === undefined ? Deno.env.delete("SOURCE_DATE_EPOCH") : Deno.env.set("SOURCE_DATE_EPOCH", to);
  set(value);
  try {
    await use();
  } finally {
    set(before);
  }
}

Deno.test("sourceState() takes the commit's time, SOURCE_DATE_EPOCH before it", async () => {
  await withEpoch(undefined, async () => {
    const { revision, time } = await sourceState();
    // Without a repository there is nothing to tell.
    if (revision === "unknown") return assert.equal(time, 0);
    assert.match(revision, /^[0-9a-f]{40}$/);
    assert.ok(time > 1_700_000_000, String(time));
  });
  await withEpoch("1234567890", async () => {
    assert.equal((await sourceState()).time, 1_234_567_890);
  });
});

Deno.test("sourceState() refuses an epoch that is no number of seconds", async () => {
  for (const wrong of ["yesterday", "-1", "1.5"]) {
    await withEpoch(wrong, () =>
      assert.rejects(
        sourceState(),
        new RegExp(`SOURCE_DATE_EPOCH is "${wrong}": write whole seconds since 1970`),
      ));
  }
});

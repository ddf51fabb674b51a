import assert from "node:assert/strict";
import { FakeClock } from "../../tests/fakes/clock.ts";
import { redraw } from "./redraw.ts";

/** Draws the texts one after the other, an error where it is one, and ends with the last. */
async function drawn(
  texts: readonly (string | Error)[],
  rows: number | undefined,
): Promise<{ out: string[]; err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const controller = new AbortController();
  const left = [...texts];
  const clock = new FakeClock(0);
  await redraw({
    draw: () => {
      const next = left.shift() ?? "";
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    rows: () => rows,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    pauseMs: 5000,
    clock: {
      ...clock,
      sleep: (ms) => {
        assert.equal(ms, 5000);
        if (left.length === 0) controller.abort();
        return Promise.resolve();
      },
    },
  }, controller.signal);
  return { out, err };
}

Deno.test("redraw() draws in place on a terminal", async () => {
  assert.deepEqual(await drawn(["one\n", "two\n"], 24), {
    out: ["\x1b[2J", "\x1b[Hone\x1b[K\n\x1b[J", "\x1b[Htwo\x1b[K\n\x1b[J"],
    err: [],
  });
});

Deno.test("redraw() draws one below the other, without a control character, where there is none", async () => {
  assert.deepEqual(await drawn(["one\n", new Error("No answer"), "two\n"], undefined), {
    out: ["one\n", "two\n"],
    err: ["No answer\n"],
  });
});

Deno.test("redraw() keeps the last drawing above what failed, each time in the same place", async () => {
  const { out } = await drawn(["one\n", new Error("No\x07 answer"), new Error("Gone")], 24);
  assert.deepEqual(out.slice(2), [
    "\x1b[Hone\x1b[K\nNo? answer\x1b[K\n\x1b[J",
    "\x1b[Hone\x1b[K\nGone\x1b[K\n\x1b[J",
  ]);
});

Deno.test("redraw() leaves room for what failed", async () => {
  const tall = Array.from({ length: 10 }, (_, line) => `${line}\n`).join("");
  const { out } = await drawn([tall, new Error("Gone")], 6);
  assert.deepEqual(out.map((text) => text.split("\n").length), [1, 6, 6]);
  assert.match(out[2] ?? "", /\n\.\.\. 7 more lines: .*\nGone/);
});

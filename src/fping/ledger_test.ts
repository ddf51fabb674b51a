import assert from "node:assert/strict";
import { SequenceLedger } from "./ledger.ts";
import type { Outcome, OutcomeLine } from "./ledger.ts";
import { makeRandom } from "../../tests/fakes/random.ts";

const [a, b] = [0, 1] as const;

function makeLedger(targets: readonly number[] = [a]): {
  ledger: SequenceLedger;
  reported: [number, Outcome][];
  kinds: (target?: number) => string[];
} {
  const reported: [number, Outcome][] = [];
  const receivers = targets.map((target) => (outcome: Outcome) =>
    void reported.push([target, outcome])
  );
  return {
    ledger: new SequenceLedger({ receivers, timeoutSeconds: 1 }),
    reported,
    kinds: (target = a) => reported.filter(([of]) => of === target).map(([, { kind }]) => kind),
  };
}

const reply = (sequence: number, atSeconds = sequence / 2, target: number = a): OutcomeLine => ({
  kind: "reply",
  target,
  sequence,
  atSeconds,
  rttSeconds: 0.001,
});

const timeout = (sequence: number, target: number = a): OutcomeLine => ({
  kind: "timeout",
  target,
  sequence,
  atSeconds: sequence / 2 + 1,
});

Deno.test("SequenceLedger emits replies and timeouts with the time of sending", () => {
  const { ledger, reported } = makeLedger();
  ledger.record(reply(0, 100));
  ledger.record({ ...timeout(1), atSeconds: 101.5 });
  assert.deepEqual(reported, [
    [a, { kind: "reply", rttSeconds: 0.001, sentAtSeconds: 99.999 }],
    [a, { kind: "lost", sentAtSeconds: 100.5 }],
  ]);
});

Deno.test("SequenceLedger refuses a line of a target that is not its own", () => {
  const { ledger, reported } = makeLedger();
  assert.equal(ledger.record(reply(0, 0, b)), false);
  assert.equal(ledger.sawReply, false);
  assert.deepEqual(reported, []);
});

Deno.test("SequenceLedger refuses a sequence number that fping cannot have reached", () => {
  const { ledger, reported } = makeLedger();
  ledger.record(reply(0));
  assert.equal(ledger.record(reply(9_999_999_999, 1)), false);
  ledger.settle();
  assert.equal(reported.length, 1);
});

Deno.test("SequenceLedger counts a second answer as a duplicate, reported or waiting", () => {
  const { ledger, kinds } = makeLedger();
  ledger.record(reply(0));
  ledger.record(reply(0));
  ledger.record(reply(2));
  ledger.record(reply(2));
  assert.deepEqual(kinds(), ["reply", "duplicate", "duplicate"]);
  ledger.record(timeout(1));
  assert.deepEqual(kinds(), ["reply", "duplicate", "duplicate", "lost", "reply"]);
});

Deno.test("SequenceLedger lets a reply win over a timeout, before or after it was reported", () => {
  const { ledger, kinds } = makeLedger();
  ledger.record(reply(0));
  ledger.record(timeout(1));
  ledger.record(reply(1));
  ledger.record(timeout(1));
  ledger.record(timeout(3));
  ledger.record(reply(3));
  ledger.record(timeout(3));
  ledger.record(reply(2));
  assert.deepEqual(kinds(), ["reply", "lost", "late_reply", "reply", "reply"]);
});

Deno.test("SequenceLedger takes a number for refused when its line is overdue", () => {
  const { ledger, kinds } = makeLedger();
  for (const sequence of [0, 1, 3, 4, 5]) ledger.record(reply(sequence));
  ledger.settle();
  assert.deepEqual(kinds(), ["reply", "reply"], "number 2 may still come");
  for (const sequence of [6, 7, 8, 9, 10]) ledger.record(reply(sequence));
  ledger.settle();
  assert.deepEqual(kinds().slice(0, 4), ["reply", "reply", "refused", "reply"]);
  assert.equal(kinds().length, 11);
});

Deno.test("SequenceLedger takes a target that gets no line at all for refused", () => {
  const { ledger, kinds, reported } = makeLedger([a, b]);
  for (let sequence = 0; sequence <= 10; sequence++) ledger.record(reply(sequence));
  ledger.settle();
  assert.deepEqual(new Set(kinds(b)), new Set(["refused"]));
  assert.equal(kinds(b).length, 5, "of 11 rounds, those that are 2 s and two rounds old");
  ledger.record(reply(0, 5, b));
  assert.deepEqual(reported.at(-1), [b, { kind: "late_reply", rttSeconds: 0.001 }]);
});

Deno.test("SequenceLedger knows nothing of a probe whose line may have been unreadable", () => {
  const { ledger, kinds } = makeLedger([a, b]);
  for (let sequence = 0; sequence <= 14; sequence++) {
    if (sequence !== 3) ledger.record(reply(sequence));
    if (sequence === 3) ledger.recordUnreadable();
    if (sequence !== 7) ledger.record(reply(sequence, sequence / 2, b));
    ledger.settle();
  }
  assert.deepEqual(new Set(kinds(a)), new Set(["reply"]), "number 3 is neither lost nor refused");
  assert.deepEqual([kinds(a).length, kinds(b).filter((kind) => kind === "refused").length], [
    14,
    1,
  ]);
  ledger.record(reply(3));
  assert.equal(kinds(a).length, 14, "and no duplicate, should its line come after all");
});

Deno.test("SequenceLedger emits nothing before the first reply, whatever was lost", () => {
  const { ledger, kinds } = makeLedger([a, b]);
  for (let sequence = 0; sequence < 10; sequence++) ledger.record(timeout(sequence));
  ledger.settle();
  assert.equal(ledger.sawReply, false);
  ledger.record(reply(12, 6));
  assert.equal(ledger.sawReply, true);
  ledger.record(timeout(10));
  ledger.record(timeout(11));
  assert.deepEqual(kinds(), ["reply"], "numbers 10 and 11 were sent before the first reply, too");
  ledger.record(timeout(13));
  ledger.record(timeout(14));
  ledger.record(reply(20, 10, b));
  ledger.settle();
  assert.deepEqual(kinds(), ["reply", "lost", "lost"]);
  assert.deepEqual(kinds(b), ["refused"], "number 12 of the other target, and none before");
});

Deno.test("SequenceLedger lets nothing wait for a gap from before the first reply", () => {
  const { ledger, kinds } = makeLedger([a, b]);
  for (let sequence = 1; sequence < 100; sequence++) {
    ledger.record(timeout(sequence, b));
    ledger.settle();
  }
  ledger.record(reply(100));
  for (let sequence = 96; sequence <= 101; sequence++) ledger.record(timeout(sequence, b));
  assert.deepEqual(kinds(b), ["lost", "lost"], "numbers 100 and 101, at once");
});

Deno.test("SequenceLedger takes no answer for a duplicate whose first outcome was not reported", () => {
  const { ledger, kinds } = makeLedger();
  ledger.record(timeout(0));
  ledger.record(timeout(1));
  ledger.record(reply(2, 2.6));
  ledger.record(reply(1, 2.7));
  ledger.record(reply(2, 2.8));
  assert.deepEqual(kinds(), ["reply", "duplicate"]);
});

Deno.test("SequenceLedger.close() emits what waits in the order of its sequence", () => {
  const { ledger, reported } = makeLedger();
  ledger.record(reply(0));
  for (const sequence of [4, 2, 3]) ledger.record(reply(sequence));
  ledger.close();
  const sent = reported.flatMap(([, one]) =>
    "sentAtSeconds" in one ? [one.sentAtSeconds + 0.001] : []
  );
  assert.deepEqual(sent, [0, 1, 1.5, 2]);
});

Deno.test("SequenceLedger.close() emits what is known and leaves open what is not", () => {
  const { ledger, kinds } = makeLedger();
  for (const sequence of [0, 4, 2]) ledger.record(reply(sequence));
  ledger.close();
  assert.deepEqual(kinds(), ["reply", "reply", "reply"]);
  ledger.close();
  assert.equal(kinds().length, 3);
});

type Fate = "reply" | "lost" | "refused" | "late_reply";

/**
 * A run of fping as it could be: each target's requests in rounds, with replies, timeouts, requests
 * that the kernel refused, duplicates, replies after a timeout line, and lines out of order.
 */
function simulate(seed: number, rounds: number, targets: readonly number[]): {
  lines: readonly OutcomeLine[];
  fates: ReadonlyMap<number, readonly Fate[]>;
  duplicates: number;
} {
  const random = makeRandom(seed);
  const printed: { atSeconds: number; line: OutcomeLine }[] = [];
  const print = (line: OutcomeLine) =>
    printed.push({ atSeconds: line.atSeconds + random() * 0.1, line });
  let duplicates = 0;
  const fates = new Map(targets.map((target, place) => {
    // the first target is the loopback, whose first reply shows that fping can receive
    const kinds: Fate[] = place === 0 ? ["reply"] : [];
    while (kinds.length < rounds - 10) {
      const chance = random();
      const kind = chance < 0.1 ? "lost" : chance < 0.2 ? "refused" : "reply";
      kinds.push(chance > 0.98 ? "late_reply" : kind);
    }
    while (kinds.length < rounds) kinds.push("reply"); // until all before them is settled
    kinds.forEach((kind, sequence) => {
      if (kind === "refused") return;
      const sentAtSeconds = 1 + sequence / 2 + place / 1000;
      const rttSeconds = place === 0 ? 0.0001 : random() * 0.9;
      const answer: OutcomeLine = {
        kind: "reply",
        ...{ target, sequence, rttSeconds, atSeconds: sentAtSeconds + rttSeconds },
      };
      if (kind === "reply") print(answer);
      else print({ kind: "timeout", target, sequence, atSeconds: sentAtSeconds + 1 });
      if (kind === "late_reply") print({ ...answer, atSeconds: sentAtSeconds + 1.3 });
      if (kind !== "reply" || random() > 0.05) return;
      duplicates++;
      print({ ...answer, atSeconds: answer.atSeconds + 0.2 + random() });
    });
    return [target, kinds];
  }));
  const [first, ...others] = printed;
  others.sort((x, y) => x.atSeconds - y.atSeconds);
  const lines = [first, ...others].flatMap((item) => item === undefined ? [] : [item.line]);
  return { lines, fates, duplicates };
}

for (const seed of [1, 2, 3]) {
  Deno.test(`SequenceLedger emits every probe's fate once and in order, drawn with seed ${seed}`, () => {
    const targets = [...Array(30).keys()];
    const { lines, fates, duplicates } = simulate(seed, 500, targets);
    assert.ok(lines.length > 10_000);
    const { ledger, reported } = makeLedger(targets);
    const random = makeRandom(seed + 100);
    for (const line of lines) {
      assert.ok(ledger.record(line));
      if (random() < 0.02) ledger.settle();
    }
    ledger.close();
    for (const [target, kinds] of fates) {
      const outcomes = reported.filter(([of]) => of === target).map(([, outcome]) => outcome);
      const sent = outcomes.filter((outcome) => "sentAtSeconds" in outcome);
      const lateReplies = outcomes.filter(({ kind }) => kind === "late_reply").length;
      // A late reply finds its loss emitted, or it finds it waiting and takes its place.
      const overtaken = sent.filter(({ kind }, i) => kinds[i] === "late_reply" && kind === "reply");
      assert.equal(lateReplies + overtaken.length, kinds.filter((k) => k === "late_reply").length);
      const expected = kinds.map((kind, i) => {
        if (kind !== "late_reply") return kind;
        return sent[i]?.kind === "reply" ? "reply" : "lost";
      });
      assert.deepEqual(sent.map(({ kind }) => kind), expected, `target ${target}`);
      sent.forEach((outcome, sequence) => {
        if (outcome.kind === "refused" || kinds[sequence] === "late_reply") return;
        const sentAtSeconds = 1 + sequence / 2 + target / 1000;
        assert.ok(Math.abs(outcome.sentAtSeconds - sentAtSeconds) < 1e-9);
      });
    }
    assert.equal(reported.filter(([, { kind }]) => kind === "duplicate").length, duplicates);
  });
}

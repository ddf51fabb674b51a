import assert from "node:assert/strict";
import { Resolver } from "./resolver.ts";
import type { Lookup } from "./resolver.ts";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";
import { makeRandom } from "../../tests/fakes/random.ts";
import { errorMessage } from "../platform/terminal.ts";

const names = (...hosts: readonly string[]) => hosts.map((host) => ({ host }));

/** First look-ups after 500 ms, the others 60 s apart. */
const common = { everyMs: 60_000, random: () => 0.5, isOwn: () => false, gatherMs: 1000 };

/** A resolver whose clock is moved by hand, and the answers it will get. */
function makeResolver(answers: Record<string, string[] | Error>): {
  resolver: Resolver;
  clock: FakeClock;
  nextRound: () => Promise<void>;
  changes: () => number;
  failures: string[];
} {
  let changes = 0;
  const failures: string[] = [];
  const clock = new FakeClock();
  const lookup: Lookup = (host) => {
    const answer = answers[host] ?? [];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const resolver = new Resolver({
    ...{ ...common, lookup, clock },
    onChange: () => changes++,
    onFailure: (host) => failures.push(host),
  });
  const nextRound = () => clock.advance(60_000);
  return { resolver, clock, nextRound, changes: () => changes, failures };
}

Deno.test("Resolver keeps the address in use while the name still resolves to it", async () => {
  const answers: Record<string, string[]> = { "a.example": ["192.0.2.1", "192.0.2.2"] };
  const { resolver, nextRound, changes } = makeResolver(answers);
  resolver.want(names("a.example"));
  await nextRound();
  assert.equal(resolver.addressOf({ host: "a.example" }), "192.0.2.1");
  answers["a.example"] = ["192.0.2.2", "192.0.2.1"];
  await nextRound();
  assert.equal(resolver.addressOf({ host: "a.example" }), "192.0.2.1");
  answers["a.example"] = ["192.0.2.3"];
  await nextRound();
  assert.equal(resolver.addressOf({ host: "a.example" }), "192.0.2.3");
  assert.equal(changes(), 2);
  resolver.want([]);
});

Deno.test("Resolver keeps the last address when a look-up fails, and the failure is that name's", async () => {
  const answers: Record<string, string[] | Error> = {
    "a.example": ["192.0.2.1"],
    "b.example": new Error("no such name"),
  };
  const { resolver, nextRound, failures } = makeResolver(answers);
  resolver.want(names("a.example", "b.example"));
  await nextRound();
  answers["a.example"] = new Error("server failure");
  await nextRound();
  assert.equal(resolver.addressOf({ host: "a.example" }), "192.0.2.1");
  assert.equal(resolver.addressOf({ host: "b.example" }), undefined);
  assert.ok(failures.includes("a.example") && failures.includes("b.example"));
  resolver.want([]);
});

Deno.test("Resolver tries a name without an address soon again, and ever more slowly", async () => {
  const answers: Record<string, string[] | Error> = { "a.example": new Error("no DNS yet") };
  const { resolver, clock, failures } = makeResolver(answers);
  resolver.want(names("a.example"));
  const triesAfter = [500, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
  for (const [tries, waitMs] of triesAfter.entries()) {
    await clock.advance(waitMs - 1);
    assert.equal(failures.length, tries);
    await clock.advance(1);
    await settled();
    assert.equal(failures.length, tries + 1);
  }
  answers["a.example"] = ["192.0.2.1"];
  await clock.advance(60_000);
  await settled();
  assert.equal(resolver.addressOf({ host: "a.example" }), "192.0.2.1");
  resolver.want([]);
});

Deno.test("Resolver takes no address that a list could not hold", async () => {
  const answers: Record<string, string[]> = {
    "filtered.example": ["0.0.0.0", "::", "224.0.0.1", "fe80::1%2"],
    "both.example": ["0.0.0.0", "2001:DB8:0::1"],
  };
  const { resolver, nextRound, changes, failures } = makeResolver(answers);
  resolver.want(names(...Object.keys(answers)));
  await nextRound();
  assert.equal(resolver.addressOf({ host: "filtered.example" }), undefined);
  assert.ok(failures.includes("filtered.example") && !failures.includes("both.example"));
  assert.equal(resolver.addressOf({ host: "both.example" }), "2001:db8::1");
  assert.equal(changes(), 1);
  resolver.want([]);
});

Deno.test("Resolver says whether a name has no address, or none that can be probed", async () => {
  const answers: Record<string, string[]> = { "a.example": [], "b.example": ["0.0.0.0", "::"] };
  const failures: unknown[] = [];
  const clock = new FakeClock();
  const resolver = new Resolver({
    lookup: (host) => Promise.resolve(answers[host] ?? []),
    ...{ ...common, clock, onChange: () => {} },
    onFailure: (_, error) => failures.push(errorMessage(error)),
  });
  resolver.want(names(...Object.keys(answers)));
  await clock.advance(1000);
  resolver.want([]);
  assert.deepEqual(failures, [
    'The name "a.example" has no address',
    'The name "b.example" has no address that another node can have: 0.0.0.0, ::',
  ]);
});

Deno.test("Resolver forgets a name that is not wanted any more", async () => {
  const { resolver, nextRound } = makeResolver({ "a.example": ["192.0.2.1"] });
  resolver.want(names("a.example"));
  await nextRound();
  resolver.want([]);
  assert.equal(resolver.addressOf({ host: "a.example" }), undefined);
});

Deno.test("Resolver reports names that resolve one after the other together", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const known: number[] = [];
  const hosts = Array.from({ length: 20 }, (_, index) => `${index}.example`);
  const resolver = new Resolver({
    lookup: async (host) => {
      await clock.sleep(50 * parseInt(host), signal);
      return [`192.0.2.${parseInt(host)}`];
    },
    clock,
    ...common,
    onChange: () => known.push(hosts.filter((host) => resolver.addressOf({ host })).length),
    onFailure: () => {},
  });
  resolver.want(names(...hosts));
  await clock.advance(3500);
  assert.equal(known.length, 2);
  assert.equal(known.at(-1), 20);
  resolver.want([]);
});

Deno.test("Resolver reports no change when nothing is wanted any more", async () => {
  const { resolver, clock, nextRound, changes } = makeResolver({ "a.example": ["192.0.2.1"] });
  resolver.want(names("a.example"));
  await clock.advance(600);
  assert.equal(resolver.addressOf({ host: "a.example" }), "192.0.2.1");
  resolver.want([]);
  await nextRound();
  assert.equal(changes(), 0);
});

Deno.test("Resolver looks a name up once a round, however often a new list wants it", async () => {
  const clock = new FakeClock();
  let lookups = 0;
  const resolver = new Resolver({
    lookup: () => Promise.resolve([`192.0.2.${++lookups}`]),
    ...{ ...common, clock, onChange: () => {}, onFailure: () => {} },
  });
  for (let list = 0; list < 3; list++) resolver.want(names("a.example", "a.example"));
  await clock.advance(59_999);
  assert.equal(lookups, 1);
  await clock.advance(2000);
  assert.equal(lookups, 2);
  resolver.want([]);
});

Deno.test("Resolver takes no answer that comes after its name was given up", async () => {
  const answer = Promise.withResolvers<readonly string[]>();
  const clock = new FakeClock();
  let changes = 0;
  const resolver = new Resolver({
    lookup: () => answer.promise,
    ...{ ...common, clock, gatherMs: 0, onFailure: () => {} },
    onChange: () => changes++,
  });
  resolver.want(names("a.example"));
  await clock.advance(1000);
  resolver.want([]);
  answer.resolve(["192.0.2.1"]);
  await settled();
  assert.deepEqual([resolver.addressOf({ host: "a.example" }), changes], [undefined, 0]);
});

Deno.test("Resolver spreads look-ups: the agents of a cluster do not ask at one instant", async () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const random = makeRandom(7);
  const resolvers = Array.from({ length: 200 }, () =>
    new Resolver({
      lookup: () => {
        times.push(clock.monotonicMs());
        return Promise.resolve(["192.0.2.1"]);
      },
      ...{ ...common, clock, random, onChange: () => {}, onFailure: () => {} },
    }));
  for (const resolver of resolvers) resolver.want(names("a.example"));
  await clock.advance(600_000);
  const perSecond = Map.groupBy(times, (time) => Math.floor(time / 1000));
  perSecond.delete(0);
  const largest = Math.max(...[...perSecond.values()].map(({ length }) => length));
  assert.ok(largest <= 20, `${largest} of 200 agents asked within one second`);
  assert.ok(times.length > 200 * 9.5 && times.length < 200 * 11.5, `${times.length} look-ups`);
  for (const resolver of resolvers) resolver.want([]);
});

Deno.test("Resolver takes the family that is asked for, in the system's own order", async () => {
  const answers = { "a.example": ["2001:db8::1", "192.0.2.1", "192.0.2.2"] };
  const { resolver, nextRound, failures } = makeResolver(answers);
  const [v4, v6, any] = [{ ipFamily: "ipv4" }, { ipFamily: "ipv6" }, {}] as const;
  const all = [v4, v6, any].map((family) => ({ host: "a.example", ...family }));
  resolver.want(all);
  await nextRound();
  assert.deepEqual(all.map((name) => resolver.addressOf(name)), [
    ...["192.0.2.1", "2001:db8::1", "2001:db8::1"],
  ]);
  answers["a.example"].shift();
  await nextRound();
  assert.equal(failures.length, 1, "there is no IPv6 address any more");
  assert.equal(resolver.addressOf(all[2]!), "192.0.2.1");
  resolver.want([]);
});

Deno.test("Resolver prefers addresses of other machines, and counts names without any", async () => {
  const clock = new FakeClock();
  const resolver = new Resolver({
    lookup: (host) =>
      host === "none.example" ? Promise.reject(new Error("no such name")) : Promise.resolve(
        host === "own.example" ? ["192.0.2.1"] : ["192.0.2.1", "192.0.2.2"],
      ),
    ...{ ...common, clock, onChange: () => {}, onFailure: () => {} },
    isOwn: (address) => address === "192.0.2.1",
  });
  const all = names("own.example", "both.example", "none.example");
  resolver.want(all);
  assert.equal(resolver.unresolved, 3);
  await clock.advance(1000);
  assert.deepEqual(all.map((name) => resolver.addressOf(name)), [
    ...["192.0.2.1", "192.0.2.2", undefined],
  ]);
  assert.equal(resolver.unresolved, 1);
  resolver.want([]);
});

Deno.test("Resolver asks for eight names at once, and for the others in turn", async () => {
  const clock = new FakeClock();
  const asked: (() => void)[] = [];
  const resolver = new Resolver({
    ...{ ...common, clock },
    lookup: () => new Promise((resolve) => asked.push(() => resolve(["192.0.2.1"]))),
    onChange: () => {},
    onFailure: () => {},
  });
  const hosts = Array.from({ length: 20 }, (_, number) => `${number}.example`);
  resolver.want(names(...hosts));
  await clock.advance(1000);
  assert.equal(asked.length, 8);
  asked[3]?.();
  await settled();
  assert.equal(asked.length, 9);
  for (let place = 0; place < 20; place++) {
    asked[place]?.();
    await settled();
  }
  assert.deepEqual([asked.length, resolver.unresolved], [20, 0]);
  resolver.want([]);
});

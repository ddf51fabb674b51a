import assert from "node:assert/strict";
import { Resolver } from "./resolver.ts";
import type { Lookup } from "./resolver.ts";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";

/** A resolver whose clock is moved by hand, and the answers it will get. */
function makeResolver(answers: Record<string, string[] | Error>): {
  resolver: Resolver;
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
    lookup,
    clock,
    everyMs: 60_000,
    gatherMs: 1000,
    onChange: () => changes++,
    onFailure: (host) => failures.push(host),
  });
  const nextRound = () => clock.advance(60_000);
  return { resolver, nextRound, changes: () => changes, failures };
}

Deno.test("Resolver keeps the address in use while the name still resolves to it", async () => {
  const answers: Record<string, string[]> = { "a.example": ["192.0.2.1", "192.0.2.2"] };
  const { resolver, nextRound, changes } = makeResolver(answers);
  resolver.want(["a.example"]);
  await nextRound();
  assert.equal(resolver.addressOf("a.example"), "192.0.2.1");
  answers["a.example"] = ["192.0.2.2", "192.0.2.1"];
  await nextRound();
  assert.equal(resolver.addressOf("a.example"), "192.0.2.1");
  answers["a.example"] = ["192.0.2.3"];
  await nextRound();
  assert.equal(resolver.addressOf("a.example"), "192.0.2.3");
  assert.equal(changes(), 2);
  resolver.want([]);
});

Deno.test("Resolver keeps the last address when a look-up fails, and the failure is that name's", async () => {
  const answers: Record<string, string[] | Error> = {
    "a.example": ["192.0.2.1"],
    "b.example": new Error("no such name"),
  };
  const { resolver, nextRound, failures } = makeResolver(answers);
  resolver.want(["a.example", "b.example"]);
  await nextRound();
  answers["a.example"] = new Error("server failure");
  await nextRound();
  assert.equal(resolver.addressOf("a.example"), "192.0.2.1");
  assert.equal(resolver.addressOf("b.example"), undefined);
  assert.ok(failures.includes("a.example") && failures.includes("b.example"));
  resolver.want([]);
});

Deno.test("Resolver takes no address that a list could not hold", async () => {
  const answers: Record<string, string[]> = {
    "filtered.example": ["0.0.0.0", "::", "224.0.0.1", "fe80::1%2"],
    "both.example": ["0.0.0.0", "2001:DB8:0::1"],
  };
  const { resolver, nextRound, changes, failures } = makeResolver(answers);
  resolver.want(Object.keys(answers));
  await nextRound();
  assert.equal(resolver.addressOf("filtered.example"), undefined);
  assert.ok(failures.includes("filtered.example") && !failures.includes("both.example"));
  assert.equal(resolver.addressOf("both.example"), "2001:db8::1");
  assert.equal(changes(), 1);
  resolver.want([]);
});

Deno.test("Resolver says whether a name has no address, or none that can be probed", async () => {
  const answers: Record<string, string[]> = { "a.example": [], "b.example": ["0.0.0.0", "::"] };
  const failures: unknown[] = [];
  const resolver = new Resolver({
    lookup: (host) => Promise.resolve(answers[host] ?? []),
    ...{ clock: new FakeClock(), everyMs: 60_000, gatherMs: 1000, onChange: () => {} },
    onFailure: (_, error) => failures.push(error instanceof Error ? error.message : error),
  });
  resolver.want(Object.keys(answers));
  await settled();
  resolver.want([]);
  assert.deepEqual(failures, [
    'The name "a.example" has no address',
    'The name "b.example" has no address that can be probed: 0.0.0.0, ::',
  ]);
});

Deno.test("Resolver forgets a name that is not wanted any more", async () => {
  const { resolver, nextRound } = makeResolver({ "a.example": ["192.0.2.1"] });
  resolver.want(["a.example"]);
  await nextRound();
  resolver.want([]);
  assert.equal(resolver.addressOf("a.example"), undefined);
});

Deno.test("Resolver tells of names that resolve one after the other together", async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const known: number[] = [];
  const hosts = Array.from({ length: 20 }, (_, index) => `${index}.example`);
  const resolver = new Resolver({
    lookup: async (host) => {
      await clock.sleep(100 * parseInt(host), signal);
      return [`192.0.2.${parseInt(host)}`];
    },
    clock,
    everyMs: 60_000,
    gatherMs: 1000,
    onChange: () => known.push(hosts.filter((host) => resolver.addressOf(host)).length),
    onFailure: () => {},
  });
  resolver.want(hosts);
  await clock.advance(3500);
  assert.equal(known.length, 2);
  assert.equal(known.at(-1), 20);
  resolver.want([]);
});

Deno.test("Resolver tells of no change when nothing is wanted any more", async () => {
  const { resolver, nextRound, changes } = makeResolver({ "a.example": ["192.0.2.1"] });
  resolver.want(["a.example"]);
  await settled();
  assert.equal(resolver.addressOf("a.example"), "192.0.2.1");
  resolver.want([]);
  await nextRound();
  assert.equal(changes(), 0);
});

Deno.test("Resolver looks a name up once a round, however often a new list wants it", async () => {
  const clock = new FakeClock();
  let lookups = 0;
  const resolver = new Resolver({
    lookup: () => Promise.resolve([`192.0.2.${++lookups}`]),
    ...{ clock, everyMs: 60_000, gatherMs: 1000, onChange: () => {}, onFailure: () => {} },
  });
  for (let list = 0; list < 3; list++) resolver.want(["a.example", "a.example"]);
  await clock.advance(59_999);
  assert.equal(lookups, 1);
  await clock.advance(2000);
  assert.equal(lookups, 2);
  resolver.want([]);
});

Deno.test("Resolver takes no answer that comes after its name was given up", async () => {
  const answer = Promise.withResolvers<readonly string[]>();
  let changes = 0;
  const resolver = new Resolver({
    lookup: () => answer.promise,
    ...{ clock: new FakeClock(), everyMs: 60_000, gatherMs: 0, onFailure: () => {} },
    onChange: () => changes++,
  });
  resolver.want(["a.example"]);
  resolver.want([]);
  answer.resolve(["192.0.2.1"]);
  await settled();
  assert.deepEqual([resolver.addressOf("a.example"), changes], [undefined, 0]);
});

import assert from "node:assert/strict";
import { livePathOf, mergeLiveNodes, readNodeList, watchNodeList } from "./node_list_watch.ts";
import type { FileReader, NodeListChange } from "./node_list_watch.ts";
import { FakeClock, settled } from "../../tests/fakes/clock.ts";

const missing: NodeListChange = { kind: "unreadable", error: new Error("gone") };
const invalid: NodeListChange = { kind: "invalid", problems: ["Bad"], problemCount: 1 };

function list(nodes: string[], hosts: string[] = []): NodeListChange {
  return {
    kind: "valid",
    list: {
      nodes: nodes.map((name) => ({ name, ipAddress: "10.0.0.1" })),
      externalTargets: hosts.map((host) => ({ name: host, host })),
    },
    skipped: { invalid: 0, unusable_address: 0 },
    ...{ problems: [], problemCount: 0, warnings: [] },
  };
}

function valid(change: NodeListChange): Extract<NodeListChange, { kind: "valid" }> {
  assert.ok(change.kind === "valid");
  return change;
}

Deno.test("mergeLiveNodes() takes nodes from the live list and external targets from the other", () => {
  assert.deepEqual(
    mergeLiveNodes(list(["old"], ["x"]), list(["new"], ["y"])),
    list(["new"], ["x"]),
  );
});

Deno.test("mergeLiveNodes() keeps the last external targets where the release's list is missing", () => {
  const { externalTargets } = valid(list([], ["x"])).list;
  const merged = valid(mergeLiveNodes(missing, list(["new"], ["y"]), externalTargets));
  assert.deepEqual(merged.list, valid(list(["new"], ["x"])).list);
  assert.deepEqual(merged.problems, [
    "Cannot read the release's list, its last external targets stay: Error: gone",
  ]);
  assert.deepEqual([merged.skipped.invalid, merged.problemCount], [1, 1]);
  const never = valid(mergeLiveNodes(missing, list(["new"])));
  assert.match(never.problems.join(), /list, no external target is probed: /);
});

Deno.test("mergeLiveNodes() does without a live list, or with one that has no nodes", () => {
  assert.deepEqual(mergeLiveNodes(list(["old"]), undefined), list(["old"]));
  assert.deepEqual(mergeLiveNodes(list(["old"]), list([])), list(["old"]));
  assert.deepEqual(mergeLiveNodes(missing, undefined), missing);
  assert.deepEqual(mergeLiveNodes(missing, list([])), missing);
});

Deno.test("mergeLiveNodes() does not hide a live list that cannot be read", () => {
  assert.deepEqual(mergeLiveNodes(list(["old"]), missing), missing);
});

Deno.test("livePathOf() is beside the list", () => {
  assert.equal(livePathOf("/config/nodes.json"), "/config/live/nodes.json");
});

Deno.test("mergeLiveNodes() reports the problems of both", () => {
  assert.deepEqual(mergeLiveNodes(invalid, invalid), {
    kind: "invalid",
    problems: ["Bad", "Live list: Bad"],
    problemCount: 2,
  });
  assert.equal(mergeLiveNodes(list(["old"]), invalid).kind, "invalid");
});

Deno.test("mergeLiveNodes() lets no broken release's list take nodes from a good live list", () => {
  const merged = valid(mergeLiveNodes(invalid, list(["new"], ["y"]), [{ name: "x", host: "x" }]));
  assert.deepEqual(merged.list, valid(list(["new"], ["x"])).list);
  assert.deepEqual([merged.problems, merged.skipped.invalid], [
    ...[["The release's list is invalid, its last external targets stay: Bad"], 1],
  ]);
});

Deno.test("mergeLiveNodes() gives the warnings of both", () => {
  const warned = (name: string): NodeListChange => ({
    ...list([name]),
    ...{ warnings: [`Warning of ${name}`] },
  });
  const merged = mergeLiveNodes(warned("old"), warned("new"));
  assert.ok(merged.kind === "valid");
  assert.deepEqual(merged.warnings, ["Warning of old", "Warning of new"]);
});

const [path, livePath] = ["/config/nodes.json", "/config/live/nodes.json"] as const;

const listOf = (...names: string[]): string =>
  JSON.stringify(names.map((name) => ({ name, ipAddress: "10.0.0.1" })));

/** Files in memory; each write makes a new inode, as the swap of a ConfigMap does. */
class FakeFiles implements FileReader {
  readonly #files = new Map<string, { text: string; ino: number }>();
  #nextInode = 1;
  readonly unreadable = new Set<string>();

  write(at: string, text: string): void {
    this.#files.set(at, { text, ino: this.#nextInode++ });
  }

  remove(at: string): void {
    this.#files.delete(at);
  }

  readonly stat = (at: string): Deno.FileInfo => {
    const file = this.#files.get(at);
    if (file === undefined) throw new Deno.errors.NotFound(at);
    const { ino, text } = file;
    const mode = this.unreadable.has(at) ? 0o600 : 0o644;
    return { dev: 1, ino, mtime: new Date(0), size: text.length, mode } as Deno.FileInfo;
  };

  readonly readText = (at: string): Promise<string> => {
    const file = this.#files.get(at);
    if (file === undefined) return Promise.reject(new Deno.errors.NotFound(at));
    if (this.unreadable.has(at)) return Promise.reject(new Deno.errors.PermissionDenied(at));
    return Promise.resolve(file.text);
  };
}

/**
 * A watch under way, and what it has yielded so far: the names, or the kind; and
 * the external hosts.
 */
function startWatch(files: FileReader): {
  clock: FakeClock;
  seen: string[];
  hosts: string[];
  stop: () => Promise<void>;
} {
  const clock = new FakeClock();
  const seen: string[] = [];
  const hosts: string[] = [];
  const controller = new AbortController();
  const ended = (async () => {
    const watch = watchNodeList({ path, files, clock }, controller.signal);
    for await (const change of watch) {
      seen.push(summary(change));
      if (change.kind === "valid") {
        hosts.push(change.list.externalTargets.map(({ host }) => host).join(" "));
      }
    }
  })().catch((error: unknown) => {
    if (error !== controller.signal.reason) throw error;
  });
  const stop = async () => {
    controller.abort(new Error("The test ends"));
    await ended;
  };
  return { clock, seen, hosts, stop };
}

function summary(change: NodeListChange): string {
  return change.kind === "valid"
    ? change.list.nodes.map(({ name }) => name).join(" ")
    : change.kind;
}

Deno.test("watchNodeList() yields at once and again within two seconds of a change, once", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  const { clock, seen, stop } = startWatch(files);
  await settled();
  assert.deepEqual(seen, ["a"]);
  await clock.advance(60_000);
  assert.deepEqual(seen, ["a"], "no change, nothing yielded");
  files.write(path, listOf("a", "b"));
  await clock.advance(1999);
  assert.deepEqual(seen, ["a", "a b"]);
  await stop();
});

Deno.test("watchNodeList() takes a file that is being written when it has stopped changing", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  const { clock, seen, stop } = startWatch(files);
  await settled();
  for (let part = 0; part < 5; part++) {
    files.write(path, `[{"name": ${part}`);
    await clock.advance(500);
  }
  assert.deepEqual(seen, ["a"]);
  files.write(path, listOf("b"));
  await clock.advance(1500);
  assert.deepEqual(seen, ["a", "b"]);
  await stop();
});

Deno.test("watchNodeList() passes over a change that is taken back before the next look", async () => {
  const files = new FakeFiles();
  const { clock, seen, stop } = startWatch(files);
  await settled();
  assert.deepEqual(seen, ["unreadable"]);
  await clock.advance(400);
  files.write(path, listOf("a"));
  await clock.advance(200);
  files.remove(path);
  await clock.advance(5000);
  assert.deepEqual(seen, ["unreadable"]);
  await stop();
});

Deno.test("watchNodeList() reports a file that is missing, comes, breaks and is mended", async () => {
  const files = new FakeFiles();
  const { clock, seen, stop } = startWatch(files);
  await clock.advance(10_000);
  files.write(path, listOf("a"));
  await clock.advance(2000);
  files.write(path, "[{");
  await clock.advance(2000);
  files.remove(path);
  await clock.advance(2000);
  files.write(path, listOf("b"));
  await clock.advance(2000);
  assert.deepEqual(seen, ["unreadable", "a", "invalid", "unreadable", "b"]);
  await stop();
});

Deno.test("watchNodeList() takes a file when it is made readable, though its text is the same", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  files.unreadable.add(path);
  const { clock, seen, stop } = startWatch(files);
  await clock.advance(2000);
  files.unreadable.delete(path);
  await clock.advance(2000);
  assert.deepEqual(seen, ["unreadable", "a"]);
  await stop();
});

Deno.test("watchNodeList() tries a file again that could not be read, and reports it once", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  let fault: Error | undefined = new Error("EMFILE");
  const readText = (at: string) => fault ? Promise.reject(fault) : files.readText(at);
  const { clock, seen, stop } = startWatch({ stat: files.stat, readText });
  await clock.advance(60_000);
  assert.deepEqual(seen, ["unreadable"]);
  fault = new Error("EIO");
  await clock.advance(12_000);
  assert.deepEqual(seen, ["unreadable", "unreadable"]);
  fault = undefined;
  await clock.advance(12_000);
  assert.deepEqual(seen, ["unreadable", "unreadable", "a"]);
  await stop();
});

Deno.test("watchNodeList() takes a live list that recovers while the release's cannot be read", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  files.write(livePath, listOf("live"));
  const faulty = new Set<string>([path, livePath]);
  const readText = (at: string) =>
    faulty.has(at) ? Promise.reject(new Error("EIO")) : files.readText(at);
  const { clock, seen, stop } = startWatch({ stat: files.stat, readText });
  await settled();
  faulty.delete(livePath);
  await clock.advance(12_000);
  assert.deepEqual(seen, ["unreadable", "live"]);
  await stop();
});

Deno.test("watchNodeList() follows the live list, whose nodes win while it has any", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  const { clock, seen, stop } = startWatch(files);
  await settled();
  files.write(livePath, listOf("live"));
  await clock.advance(2000);
  files.write(livePath, "[]");
  await clock.advance(2000);
  assert.deepEqual(seen, ["a", "live", "a"]);
  await stop();
});

Deno.test("watchNodeList() keeps external targets while the release's list is broken or missing", async () => {
  const files = new FakeFiles();
  const withTarget = (host: string) =>
    JSON.stringify({ cluster_targets: [], external_targets: [{ host }] });
  files.write(livePath, listOf("live"));
  const { clock, hosts, stop } = startWatch(files);
  await settled();
  for (const base of [withTarget("x.example"), "{,", undefined, withTarget("y.example")]) {
    if (base === undefined) files.remove(path);
    else files.write(path, base);
    await clock.advance(2000);
  }
  assert.deepEqual(hosts, ["", "x.example", "x.example", "x.example", "y.example"]);
  await stop();
});

Deno.test("watchNodeList() ends with the reason of its signal", async () => {
  const controller = new AbortController();
  const clock = new FakeClock();
  const watch = watchNodeList({ path, files: new FakeFiles(), clock }, controller.signal);
  await watch.next();
  const next = watch.next();
  await settled();
  controller.abort(new Error("SIGTERM"));
  await assert.rejects(next, /SIGTERM/);
});

Deno.test("readNodeList() keeps the error of a file that is there but cannot be read", async () => {
  const files = new FakeFiles();
  files.write(path, listOf("a"));
  files.unreadable.add(path);
  const found = await readNodeList({ path, files, clock: new FakeClock() });
  assert.ok(found.kind === "unreadable" && found.error instanceof Deno.errors.PermissionDenied);
});

Deno.test("readNodeList() refuses a list beyond reason unread", async () => {
  const files = new FakeFiles();
  files.write(path, `[${" ".repeat(2 * 1024 * 1024)}]`);
  const refused = { ...files, readText: () => Promise.reject(new Error("It was read")) };
  assert.deepEqual(
    await readNodeList({ path, files: { ...refused, stat: files.stat }, clock: new FakeClock() }),
    {
      kind: "invalid",
      problems: ['The node list "/config/nodes.json" has 2097154 bytes: at most 2097152 are read'],
      problemCount: 1,
    },
  );
});

Deno.test("watchNodeList() does not ask for a missing file again until its directory has changed", async () => {
  const directory = await Deno.makeTempDir({ prefix: "np-list-" });
  const path = `${directory}/nodes.json`;
  await Deno.writeTextFile(path, listOf("a"));
  const clock = new FakeClock();
  const asked: string[] = [];
  const files: FileReader = {
    stat: (at) => {
      asked.push(at);
      return Deno.statSync(at);
    },
    readText: Deno.readTextFile,
  };
  const asks = (of: string) => asked.filter((at) => at === of).length;
  const controller = new AbortController();
  const seen: string[] = [];
  const ended = (async () => {
    for await (const change of watchNodeList({ path, files, clock }, controller.signal)) {
      seen.push(summary(change));
    }
  })().catch(() => undefined);
  try {
    await clock.advance(10_000);
    const before = asks(`${directory}/live/nodes.json`);
    await clock.advance(60_000);
    const after = asks(`${directory}/live/nodes.json`) - before;
    assert.ok(after >= 5 && after <= 12, `${after} times, and not 85`);
    await Deno.mkdir(`${directory}/live`);
    await clock.advance(2000);
    await Deno.writeTextFile(`${directory}/live/nodes.json`, listOf("live"));
    await clock.advance(2000);
    await Deno.remove(`${directory}/live`, { recursive: true });
    await clock.advance(2000);
    assert.deepEqual(seen, ["a", "live", "a"]);
  } finally {
    controller.abort(new Error("The test ends"));
    await ended;
    await Deno.remove(directory, { recursive: true });
  }
});

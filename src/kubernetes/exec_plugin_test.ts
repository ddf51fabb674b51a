import assert from "node:assert/strict";
import { pluginCredentials } from "./exec_plugin.ts";
import type { ExecPluginDeps, PluginCredential } from "./exec_plugin.ts";
import type { ExecSettings } from "./kubeconfig.ts";
import { FakeSpawn } from "../../tests/fakes/spawn.ts";
import type { FakeChild } from "../../tests/fakes/spawn.ts";

const apiVersion = "client.authentication.k8s.io/v1";
const settings: ExecSettings = {
  ...{ apiVersion, command: "login", args: ["--now"], env: { REGION: "north" } },
  ...{ installHint: "get login at example.org", provideClusterInfo: false },
  interactiveMode: "IfAvailable",
};

function answer(status: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ apiVersion, kind: "ExecCredential", status });
}

interface Plugin {
  readonly spawn: FakeSpawn;
  readonly ask: () => Promise<PluginCredential>;
  readonly shown: () => string;
  readonly setTime: (ms: number) => void;
}

function plugin(
  script: (child: FakeChild) => void,
  changes: Partial<ExecSettings> = {},
  more: Partial<ExecPluginDeps> = {},
): Plugin {
  const spawn = new FakeSpawn((child) => void queueMicrotask(() => script(child)));
  let [shown, nowMs] = ["", 0];
  const deps: ExecPluginDeps = {
    spawn: spawn.spawn,
    err: (text) => void (shown += text),
    signal: new AbortController().signal,
    isInteractive: false,
    wallMs: () => nowMs,
    ...more,
  };
  const cluster = { server: "https://api.example" };
  return {
    spawn,
    ask: pluginCredentials({ ...settings, ...changes }, cluster, deps),
    shown: () => shown,
    setTime: (ms) => void (nowMs = ms),
  };
}

function says(text: string): (child: FakeChild) => void {
  return (child) => {
    child.print(text);
    child.exit(0);
  };
}

Deno.test("pluginCredentials() runs a plugin once for a thousand requests", async () => {
  const { spawn, ask } = plugin(says(answer({ token: "t" })));
  const credentials = await Promise.all(Array.from({ length: 1000 }, ask));
  await ask();
  assert.deepEqual(new Set(credentials.map(({ token }) => token)), new Set(["t"]));
  assert.equal(spawn.children.length, 1);
  assert.deepEqual(spawn.last.request, {
    ...{ command: "login", args: ["--now"] },
    env: {
      REGION: "north",
      KUBERNETES_EXEC_INFO: JSON.stringify({
        ...{ apiVersion, kind: "ExecCredential", spec: { interactive: false } },
      }),
    },
  });
});

Deno.test("pluginCredentials() runs it again, once for all, when the credential has ended", async () => {
  let count = 0;
  const { spawn, ask, setTime } = plugin((child) => {
    const expirationTimestamp = new Date(++count * 60_000).toISOString();
    says(answer({ token: `t${count}`, expirationTimestamp }))(child);
  });
  assert.equal((await ask()).token, "t1");
  setTime(59_999);
  assert.equal((await ask()).token, "t1");
  setTime(60_000);
  const renewed = await Promise.all([ask(), ask(), ask()]);
  assert.deepEqual(renewed.map(({ token }) => token), ["t2", "t2", "t2"]);
  assert.equal(spawn.children.length, 2);
});

Deno.test("pluginCredentials() gives a client certificate as well", async () => {
  const status = { clientCertificateData: "cert", clientKeyData: "key" };
  assert.deepEqual(await plugin(says(answer(status))).ask(), {
    clientCertificate: { cert: "cert", key: "key" },
  });
});

Deno.test("pluginCredentials() shows what a plugin writes to standard error while it runs", async () => {
  const { ask, shown } = plugin((child) => {
    child.complain("Enter the code\nABCD\nat ");
    child.complain("once: ");
    setTimeout(() => {
      assert.equal(shown(), "login: Enter the code\nlogin: ABCD\nlogin: at once: ");
      says(answer({ token: "t" }))(child);
    }, 20);
  });
  await ask();
});

Deno.test("pluginCredentials() lets a plugin ask a person where it may and somebody is there", async () => {
  const modes = [["Never", false], ["IfAvailable", true], ["Always", true]] as const;
  for (const [interactiveMode, mayAsk] of modes) {
    const ok = says(answer({ token: "t" }));
    const { ask, spawn } = plugin(ok, { interactiveMode }, { isInteractive: true });
    await ask();
    const { inheritsInput = false, env } = spawn.last.request;
    const { spec } = JSON.parse(env?.["KUBERNETES_EXEC_INFO"] ?? "");
    assert.deepEqual([inheritsInput, spec.interactive], [mayAsk, mayAsk], interactiveMode);
  }
  await assert.rejects(
    plugin(says(""), { interactiveMode: "Always" }).ask(),
    /plugin "login" has to ask a person, and standard input is no terminal/,
  );
});

Deno.test("pluginCredentials() passes the cluster on where the plugin asks for it", async () => {
  const { ask, spawn } = plugin(says(answer({ token: "t" })), { provideClusterInfo: true });
  await ask();
  const { spec } = JSON.parse(spawn.last.request.env?.["KUBERNETES_EXEC_INFO"] ?? "");
  assert.deepEqual(spec.cluster, { server: "https://api.example" });
});

Deno.test("pluginCredentials() names the plugin, what went wrong, and the kubeconfig's hint", async () => {
  const cases: readonly (readonly [(child: FakeChild) => void, RegExp])[] = [
    [
      (child) => {
        child.complain("session\n is over\n");
        child.exit(7);
      },
      /^ConnectionError: The credential plugin "login" ended with exit code 7: session is over\. The kubeconfig's hint: get login at example\.org$/,
    ],
    [(child) => child.exit(7), /"login" ended with exit code 7\. The/],
    [says("secret"), /"login" gave an answer that is no JSON\./],
    [says("{}"), /"login" answered with undefined of undefined, not ExecCredential of client/],
    [
      says(answer({ token: "t" }).replace("/v1", "/v1beta1")),
      /of client.*\/v1beta1, not Exec.*\/v1\./,
    ],
    [says(JSON.stringify({ apiVersion, kind: "ExecCredential" })), /gave an answer without status/],
    [says(answer({})), /gave neither a token nor a client certificate/],
    [says(answer({ clientKeyData: "x" })), /a client certificate without its key, or a key alone/],
    [
      says(answer({ token: "t", expirationTimestamp: "soon" })),
      /an expirationTimestamp that is no/,
    ],
  ];
  for (const [script, message] of cases) await assert.rejects(plugin(script).ask(), message);
  const spawn = () => {
    throw new Deno.errors.NotFound("Failed to spawn 'login'");
  };
  await assert.rejects(
    plugin(says(""), {}, { spawn }).ask(),
    /^ConnectionError: The credential plugin "login" cannot be started: there is no such program\. The kubeconfig's hint: get login/,
  );
});

Deno.test("pluginCredentials() tries again after a failure", async () => {
  let count = 0;
  const { ask } = plugin((child) =>
    count++ === 0 ? child.exit(1) : says(answer({ token: "t" }))(child)
  );
  const both = await Promise.allSettled([ask(), ask()]);
  assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal((await ask()).token, "t");
});

Deno.test("pluginCredentials() ends the plugin with the signal", async () => {
  const stop = new AbortController();
  const { ask, spawn } = plugin(() => stop.abort(new Error("Received SIGINT")), {}, {
    signal: stop.signal,
  });
  await assert.rejects(ask(), /Received SIGINT/);
  assert.deepEqual(spawn.last.signals, ["SIGTERM"]);
});

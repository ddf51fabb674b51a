import assert from "node:assert/strict";
import { agentFlags, readSettings } from "./settings.ts";
import type { AgentSettings } from "./settings.ts";
import { flagsOf } from "../flags.ts";

type Variables = Readonly<Record<string, string>>;

const ofNode: Variables = { MY_NODE_NAME: "node-1" };

function read(args: readonly string[], variables: Variables): ReturnType<typeof readSettings> {
  return readSettings({ args, env: (name) => variables[name] });
}

function settings(args: readonly string[] = [], variables = ofNode): AgentSettings {
  const result = read(args, variables);
  assert.ok(result.kind === "valid", JSON.stringify(result));
  return result.settings;
}

function problems(args: readonly string[], variables = ofNode): readonly string[] {
  const result = read(args, variables);
  assert.ok(result.kind === "invalid", JSON.stringify(result));
  return result.problems;
}

Deno.test("readSettings() needs nothing but the node's name", () => {
  assert.deepEqual(settings(), {
    configPath: "/config/nodes.json",
    node: "node-1",
    textfileDir: "/node-exporter-textfile/",
    textfilePrefix: "node-ping_",
    keepTextfile: false,
    periodMs: 500,
    timeoutMs: 1000,
    sizeBytes: 56,
    pathMtuIntervalMs: 10_000,
    writeIntervalMs: 10_000,
    statsWindowMs: 60_000,
    listen: [{ hostname: "::", port: 10927 }, { hostname: "0.0.0.0", port: 10927 }],
    meshDegree: "auto",
    fullMeshLimit: 200,
    sockets: "raw",
    pacing: "bursts",
    fping: "/usr/bin/fping",
    flantCompatibility: false,
    pairMetrics: "all",
    pairDistribution: false,
    logLevel: "info",
    logFormat: "logfmt",
    checkConfig: false,
  });
});

Deno.test("readSettings() takes every setting from its flag", () => {
  const flags = [
    ["--config", "/c.json"],
    ["--node", "node-2"],
    ["--textfile-dir", "/t"],
    ["--textfile-prefix", "p-"],
    ["--keep-textfile"],
    ["--period", "1s"],
    ["--timeout", "2s"],
    ["--size", "1472"],
    ["--path-mtu-interval", "30s"],
    ["--write-interval", "1.5s"],
    ["--stats-window", "5m"],
    ["--listen", "127.0.0.1:9"],
    ["--mesh-degree", "32"],
    ["--full-mesh-limit", "500"],
    ["--sockets", "ping"],
    ["--pacing", "spread"],
    ["--fping", "/f"],
    ["--metrics-compatibility", "flant"],
    ["--pair-metrics", "minimal"],
    ["--pair-distribution"],
    ["--log-level", "debug"],
    ["--log-format", "json"],
    ["--check-config"],
  ];
  assert.deepEqual(
    flags.map(([flag = ""]) => flag.slice(2)).sort(),
    flagsOf(agentFlags).map(({ name }) => name).sort(),
    "a flag that this test forgets",
  );
  assert.deepEqual(settings(flags.flat(), {}), {
    configPath: "/c.json",
    node: "node-2",
    textfileDir: "/t",
    textfilePrefix: "p-",
    keepTextfile: true,
    periodMs: 1000,
    timeoutMs: 2000,
    sizeBytes: 1472,
    pathMtuIntervalMs: 30_000,
    writeIntervalMs: 1500,
    statsWindowMs: 300_000,
    listen: [{ hostname: "127.0.0.1", port: 9 }],
    meshDegree: 32,
    fullMeshLimit: 500,
    sockets: "ping",
    pacing: "spread",
    fping: "/f",
    flantCompatibility: true,
    pairMetrics: "minimal",
    pairDistribution: true,
    logLevel: "debug",
    logFormat: "json",
    checkConfig: true,
  });
});

Deno.test("readSettings() takes the article's variables, and flags win over them", () => {
  const variables = {
    MY_NODE_NAME: "node-1",
    PROMETHEUS_TEXTFILE_DIR: "/from-env",
    PROMETHEUS_TEXTFILE_PREFIX: "env_",
  };
  const fromEnv = settings([], variables);
  assert.deepEqual([fromEnv.textfileDir, fromEnv.textfilePrefix], ["/from-env", "env_"]);
  const args = ["--node=n", "--textfile-dir=/flag", "--textfile-prefix=flag_"];
  const { node, textfileDir, textfilePrefix } = settings(args, variables);
  assert.deepEqual([node, textfileDir, textfilePrefix], ["n", "/flag", "flag_"]);
});

Deno.test("readSettings() takes the last of two equal flags, as the chart's extraArgs need it", () => {
  const args = ["--period=bad", "--period=500ms", "--listen=:1", "--period", "1s", "--listen=off"];
  const { periodMs, listen } = settings(args);
  assert.deepEqual([periodMs, listen], [1000, undefined]);
  assert.match(problems(["--period=1s", "--period=bad"])[0] ?? "", /^--period is "bad": write /);
});

Deno.test("readSettings() takes an empty variable for one that is not set", () => {
  const { textfileDir, textfilePrefix } = settings([], {
    ...ofNode,
    PROMETHEUS_TEXTFILE_DIR: "",
    PROMETHEUS_TEXTFILE_PREFIX: "",
  });
  assert.deepEqual([textfileDir, textfilePrefix], ["/node-exporter-textfile/", "node-ping_"]);
  assert.deepEqual(problems([], { MY_NODE_NAME: "" }), [
    "The name of this node is missing: set MY_NODE_NAME or --node",
  ]);
});

Deno.test("readSettings() switches textfile and listener off", () => {
  const { textfileDir, listen } = settings(["--textfile-dir", "off", "--listen", "off"]);
  assert.deepEqual([textfileDir, listen], [undefined, undefined]);
});

Deno.test("readSettings() reads addresses to listen on", () => {
  const cases: readonly [string, string, number][] = [
    ["[::]:10927", "::", 10927],
    ["[fd00::1]:1", "fd00::1", 1],
    ["localhost:0", "localhost", 0],
  ];
  for (const [text, hostname, port] of cases) {
    assert.deepEqual(settings(["--listen", text]).listen, [{ hostname, port }], text);
  }
});

Deno.test("readSettings() listens on every address for a port alone, on IPv4 where IPv6 is off", () => {
  assert.deepEqual(settings(["--listen=:10928"]).listen, [
    { hostname: "::", port: 10928 },
    { hostname: "0.0.0.0", port: 10928 },
  ]);
});

Deno.test("readSettings() takes auto, full or a number for the mesh degree", () => {
  assert.equal(settings(["--mesh-degree=auto"]).meshDegree, "auto");
  assert.equal(settings(["--mesh-degree=full"]).meshDegree, "full");
  assert.equal(settings(["--mesh-degree=16"]).meshDegree, 16);
  assert.match(problems(["--full-mesh-limit=0"])[0] ?? "", /write a number from 1 to 100000/);
  for (const text of ["15", "0", "-16", "16.5", "1e2", "all"]) {
    assert.deepEqual(problems([`--mesh-degree=${text}`]), [
      `--mesh-degree is "${text}": write "auto", "full" or a number of nodes from 16`,
    ]);
  }
});

const duration = (flag: string, text: string, from: string, to: string, example: string) =>
  `--${flag} is "${text}": write a duration from ${from} to ${to}, such as ${example}`;

Deno.test("readSettings() names flag, value and remedy of every problem", () => {
  const listenRemedy = 'write HOST:PORT such as "0.0.0.0:10927" or "[::]:10927", or "off"';
  const cases: readonly [string, string, string][] = [
    ["node", "../x", '--node is "../x": write the name of a Kubernetes node'],
    [
      "textfile-prefix",
      "../x",
      `--textfile-prefix is "../x": write 1 to 64 letters, digits, '.', '_' and '-'`,
    ],
    ["period", "500", duration("period", "500", "10ms", "1h", "500ms")],
    ["period", "9ms", duration("period", "9ms", "10ms", "1h", "500ms")],
    ["timeout", "10s", duration("timeout", "10s", "1ms", "9s", "1s")],
    [
      "write-interval",
      "0s",
      duration("write-interval", "0s", "100ms", "1h", "10s"),
    ],
    ["stats-window", "61m", duration("stats-window", "61m", "1s", "1h", "60s")],
    ["size", "11", '--size is "11": write a number from 12 to 65488'],
    ["size", "1e3", '--size is "1e3": write a number from 12 to 65488'],
    ["listen", "10927", `--listen is "10927": ${listenRemedy}`],
    ["listen", "::1:80", `--listen is "::1:80": ${listenRemedy}`],
    ["listen", "a:65536", `--listen is "a:65536": ${listenRemedy}`],
    ["sockets", "udp", '--sockets is "udp": write "raw" or "ping"'],
    [
      "metrics-compatibility",
      "x",
      '--metrics-compatibility is "x": write "flant" or "none"',
    ],
    ["log-level", "loud", '--log-level is "loud": write "debug", "info", "warn" or "error"'],
    ["log-format", "xml", '--log-format is "xml": write "logfmt" or "json"'],
  ];
  for (const [flag, value, problem] of cases) {
    assert.deepEqual(problems([`--${flag}=${value}`]), [problem]);
  }
});

Deno.test("readSettings() blames the variable where a bad value comes from it", () => {
  assert.deepEqual(problems([], { MY_NODE_NAME: "a b", PROMETHEUS_TEXTFILE_PREFIX: "a/b" }), [
    'MY_NODE_NAME is "a b": write the name of a Kubernetes node',
    `PROMETHEUS_TEXTFILE_PREFIX is "a/b": write 1 to 64 letters, digits, '.', '_' and '-'`,
  ]);
});

Deno.test("readSettings() reports all problems at once, those of the command line first", () => {
  const args = ["extra", "--perod=1s", "--size=0", "--timeout=", "--sockets=udp"];
  assert.deepEqual(problems(args, {}).map((text) => text.split(":")[0]), [
    'Unknown flag "--perod=1s"',
    "The name of this node is missing",
    "--timeout has no value",
    '--size is "0"',
    '--sockets is "udp"',
    'Unexpected argument "extra"',
  ]);
});

Deno.test("readSettings() bounds the memory of a window by its period", () => {
  assert.deepEqual(problems(["--period=10ms", "--stats-window=101s"]), [
    '--stats-window is "101s": write at most 100s with a period of 10ms, since all its times are kept',
  ]);
  assert.equal(settings(["--period=10ms", "--stats-window=100s"]).statsWindowMs, 100_000);
});

/**
 * The situations whose fping output is kept in tests/testdata/fping.
 *
 * @module
 */

import type { Situation, Stage } from "./capture_stage.ts";
import { configure, loadFirewall, refuseOutputTo } from "./namespace.ts";
import type { Action } from "./responder_script.ts";

const reply = (...delaysMs: number[]): Action => ({ kind: "reply", delaysMs });
const always = (action: Action) => [{ action }];
const at = (index: number, action: Action) => ({
  requests: { kind: "list", indexes: [index] } as const,
  action,
});
const one = "10.77.0.2";

const errorKinds = [
  "net_unreachable",
  "host_unreachable",
  "port_unreachable",
  "net_prohibited",
  "host_prohibited",
  "admin_prohibited",
  "source_quench",
  "time_exceeded",
  "parameter_problem",
] as const;

function errors(network: string, from?: string): Pick<Situation, "targets" | "script"> {
  const script = Object.fromEntries(errorKinds.map((error, index) => [
    `${network}${index + 10}`,
    always({ kind: "error", error, ...(from ? { from } : {}) }),
  ]));
  return { targets: Object.keys(script), script };
}

function clockStep(milliseconds: number): Situation {
  return {
    how: `the wall clock steps by ${milliseconds} ms at 1.1 s, while replies take 300 ms`,
    targets: [one, "10.77.0.3"],
    script: { [one]: always(reply(300)) },
    during: async (stage) => {
      await stage.at(1100);
      stage.clock.step(milliseconds);
      await stage.at(3200 + Math.max(0, -milliseconds));
      stage.kill("SIGTERM");
    },
  };
}

const withoutRawSockets = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
const allowPingSockets = ({ namespace }: Stage) =>
  namespace.run("sh", "-c", "echo 0 65535 > /proc/sys/net/ipv4/ping_group_range");

/** All situations, by the name of their file. */
export const situations: Readonly<Record<string, Situation>> = {
  "reply": { how: "answered at once, IPv4 and IPv6", targets: [one, "10.77.255.254", "fd77::2"] },
  "reply-magnitudes": {
    how: "answered after 0, 4, 40, 150 and 900 ms",
    targets: ["10.77.0.2", "10.77.0.3", "10.77.0.4", "10.77.0.5", "10.77.0.6"],
    script: {
      "10.77.0.3": always(reply(4)),
      "10.77.0.4": always(reply(40)),
      "10.77.0.5": always(reply(150)),
      "10.77.0.6": always(reply(900)),
    },
  },
  "timeout": {
    how: "no answer at all, and none to request 1",
    targets: [one, "10.77.0.3", "fd77::2"],
    script: {
      [one]: always({ kind: "drop" }),
      "10.77.0.3": [at(1, { kind: "drop" })],
      "fd77::2": always({ kind: "drop" }),
    },
  },
  "duplicate": {
    how: "request 0 answered twice at once, 1 again after 3 ms, 2 four times, 3 again after 1.2 s",
    targets: [one, "fd77::2"],
    script: {
      [one]: [
        at(0, reply(0, 0)),
        at(1, reply(0, 3)),
        at(2, reply(0, 1, 2, 3)),
        at(3, reply(0, 1200)),
      ],
      "fd77::2": [at(0, reply(0, 0))],
    },
    during: async (stage) => {
      await stage.at(3300);
      stage.kill("SIGTERM");
    },
  },
  "late": {
    how: "request 1 answered after 1.2 s, later than -t",
    targets: [one],
    script: { [one]: [at(1, reply(1200))] },
    during: async (stage) => {
      await stage.at(2700);
      stage.kill("SIGTERM");
    },
  },
  "wrong-source": {
    how: "answered from another address",
    targets: [one, "fd77::2"],
    script: {
      [one]: always({ kind: "reply", delaysMs: [0], from: "10.77.0.99" }),
      "fd77::2": always({ kind: "reply", delaysMs: [0], from: "fd77::99" }),
    },
  },
  "wrong-source-check-source": {
    how: "answered from another address, with --check-source",
    only: "5.5",
    options: ["--check-source"],
    targets: [one, "fd77::2"],
    script: {
      [one]: always({ kind: "reply", delaysMs: [0], from: "10.77.0.99" }),
      "fd77::2": always({ kind: "reply", delaysMs: [0], from: "fd77::99" }),
    },
  },
  "icmp-error": {
    how: "each ICMP error, from the destination itself: " + errorKinds.join(", "),
    ...errors("10.77.0."),
  },
  "icmp-error-router": {
    how: "each ICMP error, from a router: " + errorKinds.join(", "),
    ...errors("10.77.0.", "10.77.9.9"),
  },
  "icmp6-error": {
    how: "each ICMPv6 error, from a router: " + errorKinds.join(", "),
    ...errors("fd77::", "fd77::99"),
  },
  "neighbour-missing": {
    how: "a link without the neighbour: the own kernel reports",
    targets: [one, "10.78.0.9", "fd78::9"],
    before: async ({ namespace }) => {
      await namespace.run("ip", "link", "add", "end0", "type", "veth", "peer", "name", "end1");
      await configure(namespace, "end1", []);
      await configure(namespace, "end0", ["10.78.0.1/24", "fd78::1/64"]);
    },
    during: async (stage) => {
      await stage.at(5500);
      stage.kill("SIGTERM");
    },
  },
  "no-route": {
    how: "no route to two targets: sendto() fails with ENETUNREACH; ended by SIGINT",
    targets: [one, "192.0.2.1", "2001:db8::1"],
    during: async (stage) => {
      await stage.at(2200);
      stage.kill("SIGINT");
    },
  },
  "send-refused": {
    how: "nft refuses what goes to 10.77.0.3 from 0.7 s to 1.7 s: sendto() fails with EPERM",
    targets: [one, "10.77.0.3"],
    during: async (stage) => {
      await stage.at(700);
      await loadFirewall(stage.namespace, refuseOutputTo("10.77.0.3"));
      await stage.at(1700);
      await stage.namespace.run("nft", "flush", "ruleset");
      await stage.at(3200);
      stage.kill("SIGTERM");
    },
  },
  "clock-forward-5s": clockStep(5000),
  "clock-back-3s": clockStep(-3000),
  "clock-forward-100ms": clockStep(100),
  "clock-back-100ms": clockStep(-100),
  "clock-back-400ms": clockStep(-400),
  "clock-forward-60s": clockStep(60_000),
  "sigquit": {
    how: "SIGQUIT at 1.2 s and 2.2 s; one target answers, one does not, one has no route",
    targets: [one, "10.77.0.3", "192.0.2.1"],
    script: { "10.77.0.3": always({ kind: "drop" }) },
    during: async (stage) => {
      await stage.at(1200);
      stage.kill("SIGQUIT");
      await stage.at(2200);
      stage.kill("SIGQUIT");
      await stage.at(3200);
      stage.kill("SIGTERM");
    },
  },
  "sigint": {
    how: "SIGINT at 1.7 s",
    targets: [one, "10.77.0.3"],
    script: { "10.77.0.3": always({ kind: "drop" }) },
    during: async (stage) => {
      await stage.at(1700);
      stage.kill("SIGINT");
    },
  },
  "frozen-2s": {
    how: "SIGSTOP at 1.1 s, SIGCONT at 3.1 s",
    targets: [one, "10.77.0.3"],
    script: { "10.77.0.3": always(reply(300)) },
    during: async (stage) => {
      await stage.at(1100);
      stage.kill("SIGSTOP");
      await stage.at(3100);
      stage.kill("SIGCONT");
      await stage.at(4200);
      stage.kill("SIGTERM");
    },
  },
  "sequence-numbers-exhausted": {
    how: "8,000 probes a second to 4,000 targets; only the last lines of standard output are kept",
    targets: Array.from({ length: 4000 }, (_, n) => `10.77.${1 + (n >> 8)}.${n & 255}`),
    options: ["-i", "0.01"],
    during: (stage) => stage.at(20_000),
    tail: 5,
  },
  "protocols-missing": {
    how: "/etc/protocols is empty",
    targets: [one],
    under: [
      "unshare",
      "-m",
      "sh",
      "-c",
      'mount --bind /dev/null /etc/protocols && exec "$@"',
      "sh",
    ],
  },
  "no-privilege": {
    how: "neither raw nor ping sockets are allowed",
    targets: [one],
    under: withoutRawSockets,
    before: ({ namespace }) =>
      namespace.run("sh", "-c", "echo 1 0 > /proc/sys/net/ipv4/ping_group_range"),
  },
  "ping-socket": {
    how: "ping sockets, without -S; an answer, none, an ICMP error, IPv6",
    targets: [one, "10.77.0.3", "10.77.0.4", "fd77::2"],
    script: {
      "10.77.0.3": always({ kind: "drop" }),
      "10.77.0.4": always({ kind: "error", error: "host_unreachable", from: "10.77.9.9" }),
    },
    under: withoutRawSockets,
    before: allowPingSockets,
  },
  "ping-socket-source": {
    how: "ping sockets, with -S 0.0.0.0; an answer, none, an ICMP error",
    targets: [one, "10.77.0.3", "10.77.0.4"],
    script: {
      "10.77.0.3": always({ kind: "drop" }),
      "10.77.0.4": always({ kind: "error", error: "host_unreachable", from: "10.77.9.9" }),
    },
    options: ["-S", "0.0.0.0"],
    under: withoutRawSockets,
    before: allowPingSockets,
  },
  "bad-target": {
    how: "a name that does not resolve, an address out of range, and a good one",
    targets: ["not-a-host.invalid", "10.88.1.300", one],
  },
  "only-bad-targets": { how: "no target that can be probed", targets: ["10.88.1.300"] },
  "empty-list": { how: "an empty file", targets: [] },
  "stderr-glued": {
    how: "replies from another address and ICMP errors in turn",
    targets: [one, "10.77.0.3"],
    script: {
      [one]: always({ kind: "reply", delaysMs: [0], from: "10.77.0.99" }),
      "10.77.0.3": always({ kind: "error", error: "host_unreachable", from: "10.77.9.9" }),
    },
  },
  "target-twice": { how: "one target twice in the file", targets: [one, one] },
};

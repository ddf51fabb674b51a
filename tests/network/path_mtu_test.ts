/** Paths of every kind, of real interfaces, routers and switches, as the real agent with real fping measures them. @module */

import assert from "node:assert/strict";
import { sleep, startAgent } from "./agent_process.ts";
import type { AgentProcess } from "./agent_process.ts";
import { makeConfigVolume } from "./config_volume.ts";
import { networkTest } from "./laboratory.ts";
import { configure, connect, loadFirewall, makeNamespace } from "./namespace.ts";
import type { Namespace } from "./namespace.ts";

const bytes = "nodeping_path_mtu_bytes";
const blackHole = "nodeping_path_mtu_black_hole";
const interval = ["--path-mtu-interval=1s"];
const versions = ["5.1", "5.5"] as const;

/** A device of the kernel lets through up to 4 bytes more than its MTU: room for a VLAN tag. */
const slack = 4;

interface Expected {
  /** To within 8 bytes; undefined: no value. */
  readonly bytes: number | undefined;
  readonly blackHole: 0 | 1;
}

/** A black hole is told within three intervals and a search of ten seconds; and the textfile is written. */
const toldWithinMs = 3 * 1000 + 10_000 + 1000;

/** Waits until each address is as expected. */
async function expectPaths(
  agent: AgentProcess,
  what: string,
  expected: Readonly<Record<string, Expected>>,
  timeoutMs = toldWithinMs,
): Promise<void> {
  await agent.waitFor(
    what,
    (now) =>
      Object.entries(expected).every(([destination_address, wanted]) => {
        const measured = now.value(bytes, { destination_address });
        const isRight = measured === undefined || wanted.bytes === undefined
          ? measured === wanted.bytes
          : measured > wanted.bytes - 8 && measured <= wanted.bytes + slack;
        return isRight && now.value(blackHole, { destination_address }) === wanted.blackHole;
      }),
    timeoutMs,
  );
}

const well = (mtu: number): Expected => ({ bytes: mtu, blackHole: 0 });
const vanishing = (passes: number): Expected => ({ bytes: passes, blackHole: 1 });

async function startMeasuring(
  namespace: Namespace,
  fping: string,
  nodes: Readonly<Record<string, string>>,
  parts: AsyncDisposableStack,
  options: { readonly flags?: readonly string[]; readonly under?: readonly string[] } = {},
): Promise<AgentProcess> {
  const list = Object.entries(nodes).map(([name, ipAddress]) => ({ name, ipAddress }));
  const volume = parts.use(await makeConfigVolume(list));
  const { under = [], flags = [] } = options;
  const agent = { namespace, config: volume.file, fping, flags: [...interval, ...flags], under };
  return parts.use(await startAgent(agent));
}

async function setMtu(namespace: Namespace, device: string, mtu: number): Promise<void> {
  await namespace.run("ip", "link", "set", device, "mtu", String(mtu));
}

/** The kernel forgets what routers have said in 600 s by itself. */
async function forgetDiscovered(namespace: Namespace): Promise<void> {
  await namespace.run("ip", "route", "flush", "cache");
  await namespace.run("ip", "-6", "route", "flush", "cache");
}

const farIpv4 = "10.78.2.2";
const farIpv6 = "fd78:2::2";
const nearIpv4 = "10.78.1.1";
const deadIpv4 = "10.78.2.99";
const far = (expected: Expected) => ({ [farIpv4]: expected, [farIpv6]: expected });
const dead = { [deadIpv4]: { bytes: undefined, blackHole: 0 } } as const;

/** A source, a router and a node behind it, with a dead address beside. */
async function makeRoutedPath(
  parts: AsyncDisposableStack,
): Promise<{ source: Namespace; router: Namespace; node: Namespace }> {
  const source = parts.use(await makeNamespace());
  const router = parts.use(await makeNamespace());
  const node = parts.use(await makeNamespace());
  await connect(
    { namespace: source, device: "eth0", addresses: ["10.78.1.2/24", "fd78:1::2/64"] },
    { namespace: router, device: "near", addresses: ["10.78.1.1/24", "fd78:1::1/64"] },
  );
  await connect(
    { namespace: node, device: "eth0", addresses: ["10.78.2.2/24", "fd78:2::2/64"] },
    { namespace: router, device: "far", addresses: ["10.78.2.1/24", "fd78:2::1/64"] },
  );
  for (const [namespace, side] of [[source, 1], [node, 2]] as const) {
    await namespace.run("ip", "route", "add", "default", "via", `10.78.${side}.1`);
    await namespace.run("ip", "-6", "route", "add", "default", "via", `fd78:${side}::1`);
  }
  await router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  return { source, router, node };
}

const withoutRawSockets = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];

/** fping without the file capability that Debian gives it, which cannot be started without NET_RAW. */
async function plainFping(fping: string, parts: AsyncDisposableStack): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "np-fping-" });
  parts.defer(() => Deno.remove(directory, { recursive: true }));
  await Deno.copyFile(fping, `${directory}/fping`);
  return `${directory}/fping`;
}

for (const sockets of ["raw", "ping"] as const) {
  networkTest(
    `a path MTU that a router tells of, and one that it keeps to itself, on ${sockets} sockets`,
    async (fping) => {
      await using parts = new AsyncDisposableStack();
      const { source, router } = await makeRoutedPath(parts);
      if (sockets === "ping") {
        await source.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 65535");
      }
      const nodes = { far: farIpv4, far6: farIpv6, near: nearIpv4, dead: deadIpv4 };
      const program = sockets === "ping" ? await plainFping(fping, parts) : fping;
      const agent = await startMeasuring(source, program, nodes, parts, {
        flags: [`--sockets=${sockets}`],
        under: sockets === "ping" ? withoutRawSockets : [],
      });
      const rest = { [nearIpv4]: well(1500), ...dead };
      await expectPaths(agent, "1,500 everywhere", { ...far(well(1500)), ...rest });
      await setMtu(router, "far", 1400);
      await expectPaths(agent, "1,400, discovered", { ...far(well(1400)), ...rest });
      await loadFirewall(
        router,
        `table inet filter { chain out { type filter hook output priority 0;
          icmp type destination-unreachable drop; icmpv6 type packet-too-big drop; }; }`,
      );
      await forgetDiscovered(source);
      await expectPaths(agent, "1,400, a black hole", { ...far(vanishing(1400)), ...rest });
      await setMtu(router, "far", 1300);
      await expectPaths(agent, "1,300, the path changed", { ...far(vanishing(1300)), ...rest });
      await setMtu(router, "far", 1500);
      await expectPaths(agent, "mended", { ...far(well(1500)), ...rest }, 5000);
      const samples = await agent.samples();
      assert.equal(
        samples.sum("nodeping_agent_fping_restarts_total"),
        0,
        "own runs are no strangers",
      );
      assert.equal(samples.sum("nodeping_agent_wrong_source_total"), 0);
      assert.equal(
        samples.sum("nodeping_probes_received_total", { destination_address: deadIpv4 }),
        0,
      );
    },
    // fping 5.1 hears nothing on ping sockets.
    sockets === "raw" ? versions : ["5.5"],
  );
}

const nodeIpv4 = (node: number) => `10.79.0.${node}`;
const nodeIpv6 = (node: number) => `fd79::${node}`;
const both = (node: number, expected: Expected) => ({
  [nodeIpv4(node)]: expected,
  [nodeIpv6(node)]: expected,
});

/** Three nodes on a switch; the agent runs on the first, and its ports are called port1 to port3. */
async function makeSwitch(
  parts: AsyncDisposableStack,
  fping: string,
  mtu: number,
): Promise<{ nodes: readonly Namespace[]; bridge: Namespace; agent: AgentProcess }> {
  const bridge = parts.use(await makeNamespace());
  await bridge.run("ip", "link", "add", "br0", "type", "bridge");
  await bridge.run("ip", "link", "set", "br0", "up");
  const nodes: Namespace[] = [];
  for (const number of [1, 2, 3]) {
    const namespace = parts.use(await makeNamespace());
    const addresses = [`${nodeIpv4(number)}/24`, `${nodeIpv6(number)}/64`];
    const port = `port${number}`;
    await connect({ namespace, device: "eth0", addresses }, {
      ...{ namespace: bridge, device: port, addresses: [] },
    });
    await bridge.run("ip", "link", "set", port, "master", "br0");
    await setMtu(namespace, "eth0", mtu);
    await setMtu(bridge, port, mtu);
    nodes.push(namespace);
  }
  const [source] = nodes;
  assert.ok(source !== undefined);
  const list = { n2: nodeIpv4(2), n2v6: nodeIpv6(2), n3: nodeIpv4(3), n3v6: nodeIpv6(3) };
  const agent = await startMeasuring(source, fping, list, parts);
  return { nodes, bridge, agent };
}

networkTest("a switch that drops long frames on one port", async (fping) => {
  await using parts = new AsyncDisposableStack();
  const { bridge, agent } = await makeSwitch(parts, fping, 1500);
  await expectPaths(agent, "1,500", { ...both(2, well(1500)), ...both(3, well(1500)) });
  await loadFirewall(
    bridge,
    `table bridge filter { chain ports { type filter hook forward priority 0;
      oifname "port2" ip length > 1428 drop; oifname "port2" ip6 length > 1388 drop; }; }`,
  );
  await expectPaths(agent, "1,428 to one", { ...both(2, vanishing(1428)), ...both(3, well(1500)) });
  await bridge.run("nft", "flush", "ruleset");
  await expectPaths(agent, "mended", { ...both(2, well(1500)), ...both(3, well(1500)) }, 5000);
}, versions);

networkTest("interfaces that are smaller or larger than those of the others", async (fping) => {
  await using parts = new AsyncDisposableStack();
  const { nodes: [source, node], agent } = await makeSwitch(parts, fping, 9000);
  assert.ok(source !== undefined && node !== undefined);
  await expectPaths(agent, "jumbo frames", { ...both(2, well(9000)), ...both(3, well(9000)) });
  await setMtu(node, "eth0", 1500);
  await expectPaths(agent, "on all but one", {
    ...both(2, vanishing(1500)),
    ...both(3, well(9000)),
  });
  await setMtu(source, "eth0", 1500);
  await expectPaths(agent, "the own one small", { ...both(2, well(1500)), ...both(3, well(1500)) });
  await setMtu(source, "eth0", 1280);
  await expectPaths(agent, "the least", { ...both(2, well(1280)), ...both(3, well(1280)) });
  await setMtu(node, "eth0", 9000);
  await setMtu(source, "eth0", 9000);
  await expectPaths(agent, "all equal", { ...both(2, well(9000)), ...both(3, well(9000)) });
}, versions);

networkTest("loss and limits of large ICMP are no black holes", async (fping) => {
  await using parts = new AsyncDisposableStack();
  const { bridge, agent } = await makeSwitch(parts, fping, 1500);
  await expectPaths(agent, "1,500", { ...both(2, well(1500)), ...both(3, well(1500)) });
  await loadFirewall(
    bridge,
    `table bridge filter { chain ports { type filter hook forward priority 0;
      oifname "port2" meta length > 1014 numgen random mod 100 < 50 drop;
      oifname "port3" numgen random mod 100 < 30 drop; }; }`,
  );
  await sleep(60_000); // sixty rounds, as many as in ten minutes
  await expectPaths(agent, "a share is lost", { ...both(2, well(1500)), ...both(3, well(1500)) });
  assert.deepEqual(agent.log.filter((line) => line.includes("black hole")), []);
  await bridge.run("nft", "flush", "ruleset");
  await loadFirewall(
    bridge,
    `table bridge filter { chain ports { type filter hook forward priority 0;
      oifname "port2" ether type ip ip protocol icmp meta length > 1014 drop;
      oifname "port2" ether type ip6 meta l4proto ipv6-icmp meta length > 1014 drop; }; }`,
  );
  await expectPaths(agent, "large ICMP is filtered: what small probes have", {
    ...{ [nodeIpv4(2)]: well(84), [nodeIpv6(2)]: well(104) },
    ...both(3, well(1500)),
  });
  assert.deepEqual(agent.log.filter((line) => line.includes("black hole")), []);
});

for (const [family, under, headers] of [[4, "10.79.1.", 50], [6, "fd79:1::", 70]] as const) {
  networkTest(
    `VXLAN over IPv${family} between two nodes, with room for its headers and without`,
    async (fping) => {
      await using parts = new AsyncDisposableStack();
      const left = parts.use(await makeNamespace());
      const right = parts.use(await makeNamespace());
      const prefix = family === 4 ? 24 : 64;
      await connect(
        { namespace: left, device: "eth0", addresses: [`${under}1/${prefix}`] },
        { namespace: right, device: "eth0", addresses: [`${under}2/${prefix}`] },
      );
      const fitting = 1500 - headers;
      for (const [namespace, remote, own] of [[left, 2, 1], [right, 1, 2]] as const) {
        const tunnel = ["id", "7", "remote", `${under}${remote}`, "dstport", "4789"];
        await namespace.run("ip", "link", "add", "vx0", "type", "vxlan", ...tunnel);
        await setMtu(namespace, "vx0", fitting);
        await configure(namespace, "vx0", [`10.79.2.${own}/24`, `fd79:2::${own}/64`]);
      }
      const nodes = { under: `${under}2`, over: "10.79.2.2", over6: "fd79:2::2" };
      const agent = await startMeasuring(left, fping, nodes, parts);
      const expected = {
        [nodes.under]: well(1500),
        [nodes.over]: well(fitting),
        [nodes.over6]: well(fitting),
      };
      await expectPaths(agent, `${headers} bytes of headers`, expected);
      for (const namespace of [left, right]) await setMtu(namespace, "vx0", 1500);
      await sleep(5000); // what was measured before must not pass for it
      // The tunnel's own kernel tells the sender (skb_tunnel_check_pmtu, measured on 6.18).
      await expectPaths(agent, "an overlay as large as what carries it", expected);
    },
    versions,
  );
}

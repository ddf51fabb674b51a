/** Which texts are addresses that another node can have: agent, sync and chart must agree on these. @module */

import type { UnusableReason } from "../../src/nodes/address.ts";

/** A text as it may stand in a node list or in a Node's .status.addresses. */
export interface AddressCase {
  readonly text: string;
  /** The address or host name in canonical text, where the text is one that can be probed. */
  readonly usable?: string;
  /** Of an IP address that can be probed. */
  readonly family?: 4 | 6;
  /** Why no other node can have it; "invalid" where it is neither an address nor a host name. */
  readonly refused?: UnusableReason | "invalid";
}

const ipv4 = (text: string, usable = text): AddressCase => ({ text, usable, family: 4 });
const ipv6 = (text: string, usable = text): AddressCase => ({ text, usable, family: 6 });
const host = (text: string, usable = text): AddressCase => ({ text, usable });
const refused = (reason: UnusableReason | "invalid") => (text: string): AddressCase => ({
  text,
  refused: reason,
});

/** Every kind of address, with its nearest neighbours on the other side of the line. */
export const addressCases: readonly AddressCase[] = [
  ...["10.0.2.15", "192.168.1.1", "100.64.0.1", "1.0.0.0", "126.255.255.255", "128.0.0.0"]
    .map((text) => ipv4(text)),
  ...["169.253.255.255", "169.255.0.0", "223.255.255.255", "240.0.0.1", "255.255.255.254"]
    .map((text) => ipv4(text)),
  ipv4("::ffff:10.0.200.1", "10.0.200.1"),
  ipv4("0:0:0:0:0:FFFF:a00:c801", "10.0.200.1"),
  ...["2001:db8::1", "fd00::1", "fec0::1", "fe00::1", "fe7f::1", "::2", "::ffff:0:a00:1", "1::"]
    .map((text) => ipv6(text)),
  ipv6("FD00:0:0::01", "fd00::1"),
  // An IPv4 address may end any IPv6 one, and is mapped in one place alone.
  ipv6("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
  ipv6("1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"),
  ipv6("::ffff:0:192.0.2.33", "::ffff:0:c000:221"),
  ipv6("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
  ipv4("0::ffff:a00:1", "10.0.0.1"),
  host("node-1.example.com"),
  host("Node-1.Example", "node-1.example"),
  host("ip-10-0-0-1.ec2.internal"),
  host("localhost.example.com"),
  ...["127.0.0.0", "127.0.0.1", "127.0.1.1", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"]
    .map(refused("loopback")),
  ...["::ffff:127.0.0.1", "::FFFF:7f00:1", "localhost", "LocalHost", "localhost.", "a.localhost"]
    .map(refused("loopback")),
  ...["169.254.0.0", "169.254.1.1", "169.254.255.255", "::ffff:169.254.1.1"]
    .map(refused("link-local")),
  ...["fe80::1", "FE80::250:56ff:fe9f:b059", "fe80::", "fe90::1", "feaf::1", "febf:ffff::1"]
    .map(refused("link-local")),
  ...["0.0.0.0", "0.1.2.3", "0.255.255.255", "::", "0:0::0", "::ffff:0.0.0.0"]
    .map(refused("unspecified")),
  ...["224.0.0.1", "239.255.255.250", "ff02::1", "FF00::", "ffff::1", "::ffff:224.0.0.1"]
    .map(refused("multicast")),
  ...["255.255.255.255", "::ffff:255.255.255.255"].map(refused("broadcast")),
  ...["fe80::1%eth0", "2001:db8::1%2"].map(refused("zone index")),
  ...["", " ", "10.0.0.300", "010.0.0.1", "0x7f.0.0.1", "10.0.1", "127.1", "1.2.3.4.5", "1.2.3.4 "]
    .map(refused("invalid")),
  ...["10.0.0.1/24", "10.0.0.1:80", "[::1]", "1::2::3", "10.0.0.1%eth0", "a b", "-l", "--help"]
    .map(refused("invalid")),
  // "::" stands for one group at least, and nothing after "::ffff:" is a host name.
  ...["1:2:3:4:5:6:7::8", "1::2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8", "::ffff:7f00.x", "::ffff:10.0.1"]
    .map(refused("invalid")),
  ...["::192.0.2.333", "12345::", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:1"]
    .map(refused("invalid")),
  ...["a..b", "a;b", "$(a)", "a\nb", "a/24", "é.example", "x".repeat(64), "x.".repeat(127)]
    .map(refused("invalid")),
];

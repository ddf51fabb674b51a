/** Addresses and names: what may stand in a node list, and so reach fping and the labels. @module */

import { BlockList, isIP } from "node:net";

/** An address as probed: an IP address in canonical text, or a host name still to be resolved. */
export type Address =
  | { readonly kind: "ip"; readonly text: string; readonly family: 4 | 6 }
  | { readonly kind: "host"; readonly text: string };

const hostNamePattern =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * Why no other node can have an address. The kernel answers for itself on its loopback, its
 * link-local addresses mean nothing beyond one link, and "this host" (RFC 1122) is the sender: such
 * destinations would look well for ever, or dead for ever. Many answer to multicast and broadcast.
 */
export type UnusableReason =
  | "loopback"
  | "link-local"
  | "unspecified"
  | "multicast"
  | "broadcast"
  | "zone index";

/** An address that can be probed, or why the text is none. */
export type AddressReading =
  | Address
  | { readonly kind: "unusable"; readonly reason: UnusableReason }
  | { readonly kind: "invalid" };

const unusable: readonly (readonly [UnusableReason, readonly string[]])[] = [
  ["loopback", ["127.0.0.0/8", "::1/128"]],
  ["link-local", ["169.254.0.0/16", "fe80::/10"]],
  ["unspecified", ["0.0.0.0/8", "::/128"]],
  ["multicast", ["224.0.0.0/4", "ff00::/8"]],
  ["broadcast", ["255.255.255.255/32"]],
];

const unusableRanges = unusable.map(([reason, ranges]) => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    list.addSubnet(network, Number(prefix), isIP(network) === 4 ? "ipv4" : "ipv6");
  }
  return { reason, list };
});

/**
 * Reads an IP address or a host name, as agent, sync and chart all must (tests/cases/addresses.ts).
 * IPv6 comes back in the canonical text of RFC 5952, so that two spellings of one address are one
 * destination, and an IPv4-mapped one as IPv4. `10.0.0.300` and `010.0.0.1` must not be taken for a
 * host name or an octal number: they are invalid. A zone index (`fe80::1%eth0`) has a meaning on
 * one node only, and "localhost" is every node's own (RFC 6761).
 */
export function readAddress(text: string): AddressReading {
  const family = isIP(text);
  if (family === 0) return readHostName(text);
  if (text.includes("%")) return { kind: "unusable", reason: "zone index" };
  const address = family === 4 ? { kind: "ip", text, family } as const : ipv6Address(text);
  const found = unusableRanges.find(({ list }) => list.check(address.text, `ipv${address.family}`));
  return found === undefined ? address : { kind: "unusable", reason: found.reason };
}

/** The address or host name, where another node can have it; undefined for all other texts. */
export function parseAddress(text: string): Address | undefined {
  const address = readAddress(text);
  return address.kind === "ip" || address.kind === "host" ? address : undefined;
}

/** What a resolver may take for an IPv4 address in another spelling (octal, hexadecimal, short). */
const numericPattern = /^(\d+|0x[\da-f]*)(\.(\d+|0x[\da-f]*))*\.?$/i;

function readHostName(text: string): AddressReading {
  if (numericPattern.test(text) || !hostNamePattern.test(text)) return { kind: "invalid" };
  const name = text.toLowerCase();
  if (/(^|\.)localhost\.?$/.test(name)) return { kind: "unusable", reason: "loopback" };
  return { kind: "host", text: name };
}

/** Whether the address of a list, which {@linkcode parseAddress} let through, needs no look-up. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

function ipv6Address(text: string): Extract<Address, { kind: "ip" }> {
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  return mappedIpv4(canonical) ?? { kind: "ip", text: canonical, family: 6 };
}

/**
 * The IPv4 address that an IPv4-mapped one (RFC 4291, 2.5.5.2) is: nobody can send ICMPv6 to it.
 */
function mappedIpv4(canonical: string): Extract<Address, { kind: "ip" }> | undefined {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const bytes = [high, low].map((group) => parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
  return { kind: "ip", text: bytes.join("."), family: 4 };
}

/**
 * Whether the text can be the name of a Kubernetes Node (RFC 1123 subdomain; upper case and
 * underscores are let through, since lists are also written by hand).
 */
export function isNodeName(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/.test(text);
}

/**
 * Whether the text can be shown as a label: printable, not blank, at most 253 characters.
 * Half a surrogate pair is refused: in UTF-8 all of them become one character, and so two
 * names one series.
 */
export function isLabelText(text: string): boolean {
  return text.length <= 253 && text.trim() !== "" && !/[\p{Cc}\p{Cs}]/u.test(text);
}

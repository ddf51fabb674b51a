/** Addresses and names: what may stand in a node list, and so reach fping and the labels. @module */

import { BlockList, isIP } from "node:net";

/** An address as probed: an IP address in canonical text, or a host name still to be resolved. */
export type Address =
  | { readonly kind: "ip"; readonly text: string; readonly family: 4 | 6 }
  | { readonly kind: "host"; readonly text: string };

const hostNamePattern =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;

/**
 * What no single node can be: "this host" (RFC 1122; the kernel answers for itself, so that it would
 * always look well), multicast and broadcast (others answer, which looks like a foreign reply).
 */
const nobody = new BlockList();
nobody.addSubnet("0.0.0.0", 8);
nobody.addSubnet("224.0.0.0", 4);
nobody.addAddress("255.255.255.255");
nobody.addAddress("::", "ipv6");
nobody.addSubnet("ff00::", 8, "ipv6");

/**
 * Reads an IP address or a host name. IPv6 comes back in the canonical text of RFC 5952, so that
 * two spellings of one address are one destination. Undefined when the text is neither: a zone
 * index (`fe80::1%eth0`) has a meaning on one node only, `10.0.0.300` or `010.0.0.1` must not
 * be taken for a host name or an octal number, and `0.0.0.0` or a multicast address is no node's.
 */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family !== 0 && nobody.check(text, family === 4 ? "ipv4" : "ipv6")) return undefined;
  if (family === 4) return { kind: "ip", text, family: 4 };
  if (family === 6) {
    if (text.includes("%")) return undefined;
    const canonical = canonicalIpv6(text);
    return mappedIpv4(canonical) ?? { kind: "ip", text: canonical, family: 6 };
  }
  if (/^[\d.]+$/.test(text) || !hostNamePattern.test(text)) return undefined;
  return { kind: "host", text: text.toLowerCase() };
}

/** Whether the address of a list, which {@linkcode parseAddress} let through, needs no look-up. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

function canonicalIpv6(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** The IPv4 address that an IPv4-mapped one (RFC 4291, 2.5.5.2) is: nobody can send ICMPv6 to it. */
function mappedIpv4(canonical: string): Address | undefined {
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
 * Whether the text can be shown as a label: printable, not blank, at most 253 characters. Half a
 * surrogate pair is refused: in UTF-8 all of them become one character, and so two names one series.
 */
export function isLabelText(text: string): boolean {
  return text.length <= 253 && text.trim() !== "" && !/[\p{Cc}\p{Cs}]/u.test(text);
}

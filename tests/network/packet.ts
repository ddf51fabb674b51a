/**
 * The few IP packets of a ping: echo requests read, replies and ICMP errors made (RFC 791, 792,
 * 8200, 4443).
 *
 * @module
 */

/** An echo request as it came. */
export interface EchoRequest {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly id: number;
  readonly sequence: number;
  /** The whole packet with its IP header, a copy. */
  readonly packet: Uint8Array<ArrayBuffer>;
}

/** ICMP errors that the responder can send. */
export type ErrorKind =
  | "net_unreachable"
  | "host_unreachable"
  | "port_unreachable"
  | "net_prohibited"
  | "host_prohibited"
  | "admin_prohibited"
  | "source_quench"
  | "time_exceeded"
  | "parameter_problem";

const errors4: Readonly<Record<ErrorKind, readonly [type: number, code: number]>> = {
  net_unreachable: [3, 0],
  host_unreachable: [3, 1],
  port_unreachable: [3, 3],
  net_prohibited: [3, 9],
  host_prohibited: [3, 10],
  admin_prohibited: [3, 13],
  source_quench: [4, 0],
  time_exceeded: [11, 0],
  parameter_problem: [12, 0],
};

// ICMPv6 knows fewer: no route, address unreachable, port, administratively prohibited.
const errors6: typeof errors4 = {
  net_unreachable: [1, 0],
  host_unreachable: [1, 3],
  port_unreachable: [1, 4],
  net_prohibited: [1, 1],
  host_prohibited: [1, 1],
  admin_prohibited: [1, 1],
  source_quench: [2, 0],
  time_exceeded: [3, 0],
  parameter_problem: [4, 0],
};

/** Reads an echo request; undefined for any other packet, and for IPv6 with extension headers. */
export function parseEchoRequest(packet: Uint8Array): EchoRequest | undefined {
  const family = (packet[0] ?? 0) >> 4;
  const header = family === 4 ? ((packet[0] ?? 0) & 15) * 4 : 40;
  if (family !== 4 && family !== 6 || packet.length < header + 8) return undefined;
  const isEcho = family === 4
    ? packet[9] === 1 && packet[header] === 8
    : packet[6] === 58 && packet[header] === 128;
  if (!isEcho) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset);
  return {
    family,
    source: family === 4 ? text4(packet, 12) : text6(packet, 8),
    destination: family === 4 ? text4(packet, 16) : text6(packet, 24),
    id: view.getUint16(header + 4),
    sequence: view.getUint16(header + 6),
    packet: packet.slice(),
  };
}

/** The reply to a request, from its destination or, when `from` says so, from another address. */
export function echoReply(
  request: EchoRequest,
  from: string = request.destination,
): Uint8Array<ArrayBuffer> {
  const header = headerLength(request);
  const body = request.packet.slice(header);
  body[0] = request.family === 4 ? 0 : 129;
  return ipPacket(request.family, from, request.source, body);
}

/** An ICMP error about a request, as the router or host `from` would send it. */
export function icmpError(
  request: EchoRequest,
  kind: ErrorKind,
  from: string = request.destination,
): Uint8Array<ArrayBuffer> {
  const [type, code] = (request.family === 4 ? errors4 : errors6)[kind];
  const body = new Uint8Array(8 + request.packet.length);
  body.set([type, code]);
  body.set(request.packet, 8);
  return ipPacket(request.family, from, request.source, body);
}

function headerLength({ family, packet }: EchoRequest): number {
  return family === 4 ? ((packet[0] ?? 0) & 15) * 4 : 40;
}

function ipPacket(
  family: 4 | 6,
  from: string,
  to: string,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = family === 4 ? 20 : 40;
  const packet = new Uint8Array(header + body.length);
  const view = new DataView(packet.buffer);
  packet.set(body, header);
  view.setUint16(header + 2, 0);
  if (family === 4) {
    packet.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1]);
    view.setUint16(2, packet.length);
    packet.set(bytes4(from), 12);
    packet.set(bytes4(to), 16);
    view.setUint16(10, checksum(packet.subarray(0, header), 0));
    view.setUint16(header + 2, checksum(packet.subarray(header), 0));
    return packet;
  }
  packet.set([0x60, 0, 0, 0, 0, 0, 58, 64]);
  view.setUint16(4, body.length);
  packet.set(bytes6(from), 8);
  packet.set(bytes6(to), 24);
  // the pseudo header of RFC 8200, 8.1: addresses, length, next header
  view.setUint16(header + 2, checksum(packet.subarray(8), body.length + 58));
  return packet;
}

/** The Internet checksum of RFC 1071. */
function checksum(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function text4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function text6(bytes: Uint8Array, at: number): string {
  const groups = Array.from(
    { length: 8 },
    (_, group) => ((bytes[at + 2 * group] ?? 0) << 8 | (bytes[at + 2 * group + 1] ?? 0)),
  );
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]/`).hostname
    .slice(1, -1);
}

function bytes4(text: string): number[] {
  return text.split(".").map(Number);
}

function bytes6(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const before = head.split(":").filter(Boolean);
  const after = (tail ?? "").split(":").filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  groups.forEach((group, index) => view.setUint16(2 * index, parseInt(group, 16)));
  return bytes;
}

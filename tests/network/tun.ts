/**
 * A TUN device: IP packets of a network namespace, read and written by this process.
 *
 * @module
 */

const symbols = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
} as const;

// linux/if_tun.h, asm-generic/fcntl.h and poll.h
const tunSetInterface = 0x400454can;
const tunDevice = 0x0001;
const noPacketInformation = 0x1000;
const readWriteNonBlocking = 0o2 | 0o4000;
const pollInput = 0x0001;

/** An open TUN device; it exists as long as it is open. */
export interface Tun extends Disposable {
  /** Resolves when packets may be waiting, or after `milliseconds`. */
  readonly waitForPackets: (milliseconds: number) => Promise<void>;
  /** The next packet, valid until the next read; undefined when none is waiting. */
  readonly read: () => Uint8Array | undefined;
  /** Hands a packet to the kernel as received. Throws when the kernel does not take it. */
  readonly write: (packet: Uint8Array<ArrayBuffer>) => void;
}

/** Makes the TUN device `name` in the network namespace of this process. */
export function openTun(name: string): Tun {
  const libc = Deno.dlopen("libc.so.6", symbols);
  const path = new TextEncoder().encode("/dev/net/tun\0");
  const descriptor = libc.symbols.open(path, readWriteNonBlocking);
  if (descriptor < 0) throw new Error('Cannot open "/dev/net/tun"');
  const request = new Uint8Array(40); // struct ifreq: name[16], then the flags
  new TextEncoder().encodeInto(name.slice(0, 15), request);
  new DataView(request.buffer).setUint16(16, tunDevice | noPacketInformation, true);
  if (libc.symbols.ioctl(descriptor, tunSetInterface, request) < 0) {
    throw new Error(`Cannot make the TUN device "${name}"`);
  }
  const waiting = new Uint8Array(8); // struct pollfd: descriptor, events, revents
  new DataView(waiting.buffer).setInt32(0, descriptor, true);
  new DataView(waiting.buffer).setInt16(4, pollInput, true);
  const buffer = new Uint8Array(65536);
  return {
    waitForPackets: async (milliseconds) => {
      await libc.symbols.poll(waiting, 1n, milliseconds);
    },
    read: () => {
      const length = Number(libc.symbols.read(descriptor, buffer, BigInt(buffer.length)));
      return length > 0 ? buffer.subarray(0, length) : undefined;
    },
    write: (packet) => {
      const written = libc.symbols.write(descriptor, packet, BigInt(packet.length));
      if (Number(written) !== packet.length) throw new Error(`Cannot write to "${name}"`);
    },
    [Symbol.dispose]: () => {
      libc.symbols.close(descriptor);
      libc.close();
    },
  };
}

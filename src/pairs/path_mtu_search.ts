/** Finds by probes the largest packet that the kernel lets out, and the largest that a path lets pass. @module */

/** Sizes of IP packets, header included, in bytes. */
export const packetSizes = {
  /** Nothing larger is tried. */
  max: 9000,
  /** The least MTU of IPv6 (RFC 8200, 5), and less than any tunnel in use leaves of 1,500. */
  min: 1280,
  /** What every IPv4 host can take in (RFC 791, 3.1). */
  minIpv4: 576,
} as const;

/** Echo requests of one size with "don't fragment", that are to be sent to one target. */
export interface PathMtuProbe {
  /** Size of the IP packet. */
  readonly packetBytes: number;
  /** How many are sent. */
  readonly count: number;
}

/** What became of a {@linkcode PathMtuProbe}. */
export interface PathMtuResult {
  /** Size of the IP packets. */
  readonly packetBytes: number;
  /** Echo requests that were answered. */
  readonly answered: number;
  /** Echo requests that were sent and not answered. */
  readonly lost: number;
  /** Echo requests that the kernel did not let out: larger than the route's MTU, as it knows it. */
  readonly refused: number;
}

/** Sizes at which a step looks between two bounds. */
const sizesPerStep = 4;

/** MTUs of Ethernet, of jumbo frames and of VXLAN on both: most kernels have one of them. */
const usualMtus = [1500, 9000, 1450, 8950];

/**
 * The largest packet that the source's kernel lets out to one target: the MTU of the route's
 * interface, or the smaller one that a router's ICMP error has told the kernel, for 600 s. A packet
 * that is refused costs nothing, and nothing of it is seen on the network.
 */
export class SendLimit {
  readonly #min: number;
  #sent: number | undefined;
  #refused = packetSizes.max + 1;

  /** Knows nothing yet of a target of this family. */
  constructor(family: 4 | 6) {
    this.#min = family === 4 ? packetSizes.minIpv4 : packetSizes.min;
  }

  /** Undefined as long as it is not known to the byte. */
  get packetBytes(): number | undefined {
    return this.#sent !== undefined && this.#refused - this.#sent === 1 ? this.#sent : undefined;
  }

  /** Whether it is known to the byte. */
  get isKnown(): boolean {
    return this.packetBytes !== undefined;
  }

  /** A size that is refused as long as the limit has not grown; undefined where it cannot. */
  get beyond(): number | undefined {
    return this.#refused > packetSizes.max ? undefined : this.#refused;
  }

  /** Sizes to try next; none when it is known. Limits of other targets are tried first. */
  next(limitsOfOthers: readonly number[]): readonly number[] {
    if (this.packetBytes !== undefined) return [];
    const [low, high] = [this.#sent ?? this.#min - 1, this.#refused];
    const likely = [...new Set([...limitsOfOthers, ...usualMtus])]
      .filter((size) => size > low && size < high).slice(0, 2);
    const sizes = likely.length > 0
      ? likely.flatMap((size) => [size, size + 1]).filter((size) => size < high)
      : sizesBetween(low, high);
    return [...new Set(sizes)];
  }

  /** Records what became of packets of a size. */
  record({ packetBytes, answered, lost }: PathMtuResult): void {
    if (answered + lost > 0) {
      this.#sent = Math.max(this.#sent ?? 0, packetBytes);
      if (this.#refused <= packetBytes) this.#refused = packetSizes.max + 1;
      return;
    }
    this.#refused = Math.min(this.#refused, packetBytes);
    if (this.#sent !== undefined && this.#sent >= packetBytes) this.#sent = undefined;
    // What refuses the least size is no MTU: a firewall, or a route that is missing.
    if (this.#refused <= this.#min) this.#refused = packetSizes.max + 1;
  }
}

/** Up to {@linkcode sizesPerStep} sizes between two bounds, both excluded. */
function sizesBetween(low: number, high: number): readonly number[] {
  const step = Math.ceil((high - low) / (sizesPerStep + 1));
  const sizes: number[] = [];
  for (let size = low + step; size < high && sizes.length < sizesPerStep; size += step) {
    sizes.push(size);
  }
  return sizes;
}

/** How a {@linkcode PathMtuSearch} ended. */
export type PathMtuSearchEnd =
  /** A full-size packet was answered: nothing is wrong. */
  | { readonly kind: "full_size_passes" }
  /**
   * Packets of `passes` bytes are answered; those of `lost`, one byte more, and of
   * full size vanish.
   */
  | { readonly kind: "black_hole"; readonly passes: number; readonly lost: number }
  /**
   * Not even packets of the least size that is tried are answered: ICMP is limited by size, or the
   * target is gone.
   */
  | { readonly kind: "only_small" }
  /** The time is over, and the evidence does not do. */
  | { readonly kind: "unclear" };

/** What a search starts from. */
export interface PathMtuSearchOptions {
  /** The size that has been lost: the largest that the kernel lets out. */
  readonly fullBytes: number;
  /** A size that is known to pass, where there is one. */
  readonly passes?: number;
  /** How many packets of a size must be lost before it counts as one that does not pass. */
  readonly packets: number;
  /** How many more packets of full size must be lost for a black hole. */
  readonly evidence: number;
  /** Sizes that were found for other targets, which are tried first. */
  readonly likely: readonly number[];
  /** How long after its first step it ends at the latest; it may wait for that step. */
  readonly durationMs: number;
}

/**
 * One search for the largest size that passes, to the byte. Each step looks at several sizes at
 * once, and at the full size again: as long as one of those packets is answered, now and then,
 * there is no black hole.
 */
export class PathMtuSearch {
  readonly #options: PathMtuSearchOptions;
  #passes: number | undefined;
  #lost: number;
  #fullSizeLost = 0;
  #steps = 0;
  #deadlineMs: number | undefined;

  /** Nothing is known but the options. */
  constructor(options: PathMtuSearchOptions) {
    this.#options = options;
    this.#passes = options.passes;
    this.#lost = options.fullBytes;
  }

  /** What to send in the next step. */
  next(): readonly PathMtuProbe[] {
    const { fullBytes, packets } = this.#options;
    const sizes = new Set([...this.#sizes(), fullBytes]);
    return [...sizes].map((packetBytes) => ({ packetBytes, count: packets }));
  }

  #sizes(): readonly number[] {
    const { likely } = this.#options;
    const { min } = packetSizes;
    const [low, high] = [this.#passes ?? min, this.#lost];
    const untried = this.#steps === 0 ? likely.filter((size) => size > low && size < high) : [];
    const inner = untried.length > 0 ? untried.slice(0, sizesPerStep) : sizesBetween(low, high);
    // Where all is settled but the evidence, what passes is shown to pass still.
    const known = this.#passes === undefined ? [min] : inner.length === 0 ? [this.#passes] : [];
    return [...known, ...inner].filter((size) => size < this.#options.fullBytes);
  }

  /** Records what became of a step; returns the end, where this was the last one. */
  record(results: readonly PathMtuResult[], nowMs: number): PathMtuSearchEnd | undefined {
    const { fullBytes, durationMs, evidence } = this.#options;
    this.#steps++;
    this.#deadlineMs ??= nowMs + durationMs;
    const sent = results.filter(({ answered, lost }) => answered + lost > 0);
    const answered = sent.filter((result) => result.answered > 0)
      .map(({ packetBytes }) => packetBytes);
    if (answered.includes(fullBytes)) return { kind: "full_size_passes" };
    this.#fullSizeLost += sent.find(({ packetBytes }) => packetBytes === fullBytes)?.lost ?? 0;
    this.#narrow(sent, answered);
    if (this.#lost - 1 === this.#passes && this.#fullSizeLost >= evidence) {
      return { kind: "black_hole", passes: this.#passes, lost: this.#lost };
    }
    if (this.#passes === undefined && this.#steps >= stepsWithoutReply) {
      return { kind: "only_small" };
    }
    return nowMs >= this.#deadlineMs ? { kind: "unclear" } : undefined;
  }

  /**
   * A size that is answered counts whatever was lost below it; what is lost counts above it alone.
   */
  #narrow(sent: readonly PathMtuResult[], answered: readonly number[]): void {
    const passes = Math.max(this.#passes ?? 0, ...answered);
    if (passes > 0) this.#passes = passes;
    const lost = sent.map(({ packetBytes }) => packetBytes)
      .filter((size) => size > passes && !answered.includes(size));
    this.#lost = Math.min(this.#lost, ...lost);
    if (this.#lost <= passes) this.#lost = this.#options.fullBytes;
  }
}

/** Steps in which nothing of the least size is answered, before the search gives up. */
const stepsWithoutReply = 3;

/** Keeps the addresses of host names: fping is given numbers only. @module */

import { parseAddress } from "../nodes/address.ts";
import { Backoff } from "../platform/clock.ts";
import type { Clock } from "../platform/clock.ts";

/** Looks a host name up, in the system's own order (RFC 6724); rejects when it does not resolve. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** A host name, and which of its addresses are wanted: of any family where none is named. */
export interface HostName {
  /** As in the list. */
  readonly host: string;
  /** The only family to take. */
  readonly ipFamily?: "ipv4" | "ipv6";
}

/** Settings of a {@linkcode Resolver}. */
export interface ResolverOptions {
  /** Asks the system's resolver. */
  readonly lookup: Lookup;
  /** What the waits are measured by. */
  readonly clock: Clock;
  /** Mean time between two look-ups of a name that has an address. */
  readonly everyMs: number;
  /** Changes within this time after the first are reported together. */
  readonly gatherMs: number;
  /** Whether an address is one of this machine: another of the name is preferred to it. */
  readonly isOwn: (address: string) => boolean;
  /** Addresses came or changed. */
  readonly onChange: () => void;
  /** Called at each failure; the last known address, where there is one, stays in use. */
  readonly onFailure: (host: string, error: unknown, inUse: string | undefined) => void;
  /** From 0 to 1, for the spread of look-ups. */
  readonly random?: () => number;
}

/** First look-ups are spread over this time, so that a hundred names do not ask at one instant. */
const firstWithinMs = 1000;

/**
 * After a boot the agent may start before DNS does: a name without an address is soon tried again.
 */
const firstRetryMs = 2000;

/**
 * Names that are asked for at once. With a DNS server that never answers, 40 look-ups fill the threads of
 * the runtime, and a write of the textfile waits for them (10 s, Deno 2.7).
 */
const maxLookups = 8;

interface Name {
  readonly name: HostName;
  readonly controller: AbortController;
  address: string | undefined;
}

/**
 * Resolves names again and again, at times of its own, so that the agents of a cluster do not ask
 * together. The address in use stays while the name still resolves to it, so that a rotating answer
 * is no new path; when resolution fails, the last address stays.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #random: () => number;
  readonly #names = new Map<string, Name>();
  #gathering: AbortController | undefined;
  #lookups = 0;
  readonly #waiting: (() => void)[] = [];

  /** Resolves nothing yet. */
  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** The address in use for a name; undefined until it was first resolved. */
  addressOf(name: HostName): string | undefined {
    return this.#names.get(keyOf(name))?.address;
  }

  /** How many of the names have no address. */
  get unresolved(): number {
    return [...this.#names.values()].filter(({ address }) => address === undefined).length;
  }

  /** Resolves these names from now on, and no others. Each fails and is retried on its own. */
  want(names: readonly HostName[]): void {
    const wanted = new Map(names.map((name) => [keyOf(name), name]));
    for (const [key, { controller }] of this.#names) {
      if (wanted.has(key)) continue;
      controller.abort();
      this.#names.delete(key);
    }
    for (const [key, name] of wanted) {
      if (this.#names.has(key)) continue;
      const added = { name, controller: new AbortController(), address: undefined };
      this.#names.set(key, added);
      this.#keepResolved(added);
    }
    if (wanted.size === 0) this.#gathering?.abort();
  }

  async #keepResolved(name: Name): Promise<void> {
    const { clock, everyMs } = this.#options;
    const { signal } = name.controller;
    const backoff = new Backoff({ firstMs: firstRetryMs, maxMs: everyMs });
    let waitMs = firstWithinMs * this.#random();
    while (!signal.aborted) {
      try {
        await clock.sleep(waitMs, signal);
      } catch {
        return;
      }
      await this.#resolve(name);
      const meanMs = name.address === undefined ? backoff.next() : everyMs;
      waitMs = meanMs * (0.75 + this.#random() / 2);
    }
  }

  async #resolve(name: Name): Promise<void> {
    const { isOwn, onFailure } = this.#options;
    const { host } = name.name;
    const { signal } = name.controller;
    let found: readonly string[];
    try {
      found = usableAddresses(name.name, await this.#lookup(host));
    } catch (error) {
      if (!signal.aborted) onFailure(host, error, name.address);
      return;
    }
    if (signal.aborted) return;
    const others = found.filter((address) => !isOwn(address));
    const candidates = others.length > 0 ? others : found;
    if (name.address !== undefined && candidates.includes(name.address)) return;
    name.address = candidates[0];
    await this.#reportChange();
  }

  /** In turn, once as many as may be are under way. */
  async #lookup(host: string): Promise<readonly string[]> {
    if (this.#lookups < maxLookups) this.#lookups++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#options.lookup(host);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#lookups--;
    }
  }

  /**
   * Each change starts fping anew: reported one by one, a hundred names would never let it begin.
   */
  async #reportChange(): Promise<void> {
    if (this.#gathering !== undefined) return;
    const { clock, gatherMs, onChange } = this.#options;
    this.#gathering = new AbortController();
    try {
      await clock.sleep(gatherMs, this.#gathering.signal);
    } catch {
      return;
    } finally {
      this.#gathering = undefined;
    }
    onChange();
  }
}

function keyOf({ host, ipFamily }: HostName): string {
  return `${ipFamily ?? "any"} ${host}`;
}

/**
 * The addresses that a list could hold, too: filters of names answer with 0.0.0.0 or "::", for
 * which this node would answer itself. Throws when none is left.
 */
function usableAddresses(
  { host, ipFamily }: HostName,
  answers: readonly string[],
): readonly string[] {
  if (answers.length === 0) throw new Error(`The name "${host}" has no address`);
  const usable = answers.flatMap((answer) => {
    const address = parseAddress(answer);
    return address?.kind === "ip" ? [address] : [];
  });
  const all = answers.join(", ");
  if (usable.length === 0) {
    throw new Error(`The name "${host}" has no address that another node can have: ${all}`);
  }
  const found = usable.filter(({ family }) =>
    ipFamily === undefined || ipFamily === `ipv${family}`
  );
  if (found.length > 0) return found.map(({ text }) => text);
  throw new Error(`The name "${host}" has no address of the family ${ipFamily}: ${all}`);
}

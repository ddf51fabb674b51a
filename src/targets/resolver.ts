/** Keeps the addresses of host names: fping is given numbers only. @module */

import { parseAddress } from "../nodes/address.ts";
import type { Clock } from "../platform/clock.ts";

/** Looks a host name up; rejects when it does not resolve. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** Settings of a {@linkcode Resolver}. */
export interface ResolverOptions {
  /** Asks the system's resolver. */
  readonly lookup: Lookup;
  /** What the waits are measured by. */
  readonly clock: Clock;
  /** Time between two look-ups of a name. */
  readonly everyMs: number;
  /** Changes within this time after the first are told together. */
  readonly gatherMs: number;
  /** Addresses came or changed. */
  readonly onChange: () => void;
  /** Told of each failure; the last known address stays in use. */
  readonly onFailure: (host: string, error: unknown) => void;
}

/**
 * Resolves names again and again. The address in use stays while the name still resolves to it,
 * so that a rotating answer is no new path; when resolution fails, the last address stays.
 */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #addresses = new Map<string, string>();
  readonly #wanted = new Map<string, AbortController>();
  #gathering: AbortController | undefined;

  /** Resolves nothing yet. */
  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** The address in use for a name; undefined until it was first resolved. */
  addressOf(host: string): string | undefined {
    return this.#addresses.get(host);
  }

  /** Resolves these names from now on, and no others. Each fails and is retried on its own. */
  want(hosts: readonly string[]): void {
    const names = new Set(hosts);
    for (const [host, controller] of this.#wanted) {
      if (names.has(host)) continue;
      controller.abort();
      this.#wanted.delete(host);
      this.#addresses.delete(host);
    }
    for (const host of names) {
      if (this.#wanted.has(host)) continue;
      const controller = new AbortController();
      this.#wanted.set(host, controller);
      this.#keepResolved(host, controller.signal);
    }
    if (names.size === 0) this.#gathering?.abort();
  }

  async #keepResolved(host: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#resolve(host, signal);
      try {
        await this.#options.clock.sleep(this.#options.everyMs, signal);
      } catch {
        return;
      }
    }
  }

  async #resolve(host: string, signal: AbortSignal): Promise<void> {
    let found: readonly string[];
    try {
      found = probeable(host, await this.#options.lookup(host));
    } catch (error) {
      if (!signal.aborted) this.#options.onFailure(host, error);
      return;
    }
    const [first] = found;
    const inUse = this.#addresses.get(host);
    if (signal.aborted || first === undefined) return;
    if (inUse !== undefined && found.includes(inUse)) return;
    this.#addresses.set(host, first);
    await this.#tellChange();
  }

  /** Each change starts fping anew: told one by one, a hundred names would never let it begin. */
  async #tellChange(): Promise<void> {
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

/**
 * The addresses that a list could hold, too: filters of names answer with 0.0.0.0 or "::", for which
 * this node would answer itself. Throws when none is left.
 */
function probeable(host: string, answers: readonly string[]): readonly string[] {
  const found = answers.flatMap((answer) => {
    const address = parseAddress(answer);
    return address?.kind === "ip" ? [address.text] : [];
  });
  if (found.length > 0) return found;
  if (answers.length === 0) throw new Error(`The name "${host}" has no address`);
  throw new Error(`The name "${host}" has no address that can be probed: ${answers.join(", ")}`);
}

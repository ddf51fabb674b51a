/**
 * A scripted responder in a network namespace: it answers echo requests to its networks as told,
 * and counts each request and reply. A test asks it through this handle.
 *
 * @module
 */

import { configure } from "./namespace.ts";
import type { Inside } from "./namespace.ts";
import type { AddressRecord, Answer, Question, Script, Seen } from "./responder_script.ts";
import { TextLineStream } from "./text_lines.ts";

/** Networks that the responder owns; .1 and ::1 are the namespace's own addresses. */
export const responderNetworks = ["10.77.0.1/16", "fd77::1/64"] as const;

const nothing: AddressRecord = { requests: [], replies: [], errors: [] };

/** A running responder; it ends when it is disposed of. */
export interface Responder extends AsyncDisposable {
  /** Gives addresses new rules and starts their index anew; other addresses keep theirs. */
  readonly setScript: (script: Script) => Promise<void>;
  /** What was seen of each address since the start or the last reset. */
  readonly records: () => Promise<Records>;
  /** Forgets what was seen; rules and their indexes stay. */
  readonly reset: () => Promise<void>;
}

/** Records by address. */
export class Records {
  readonly #records: Readonly<Record<string, AddressRecord>>;

  constructor(records: Readonly<Record<string, AddressRecord>>) {
    this.#records = records;
  }

  /** The record of an address; an empty one when it was never asked. */
  of(address: string): AddressRecord {
    return this.#records[address] ?? nothing;
  }

  /** The same, of a span of time in milliseconds since 1970, the end excluded. */
  between(fromMs: number, toMs: number): Records {
    const within = (seen: readonly Seen[]) =>
      seen.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    return new Records(Object.fromEntries(
      this.entries().map(([address, { requests, replies, errors }]) => [
        address,
        { requests: within(requests), replies: within(replies), errors: within(errors) },
      ]),
    ));
  }

  /** All addresses that were asked, with their records. */
  entries(): [string, AddressRecord][] {
    return Object.entries(this.#records);
  }
}

/** Starts a responder in `namespace` and waits until its networks answer. */
export async function startResponder(
  namespace: Inside,
  networks: readonly string[] = responderNetworks,
  device = "ping0",
): Promise<Responder> {
  const script = new URL("responder_process.ts", import.meta.url).pathname;
  const [program = "", ...args] = namespace.inside(Deno.execPath(), "run", "-A", script, device);
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" }).spawn();
  const answers = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  const questions = child.stdin.getWriter();
  const next = async (): Promise<Answer> => {
    const { value } = await answers.read();
    if (value === undefined) throw new Error("The responder has ended");
    return JSON.parse(value) as Answer;
  };
  const ask = async (question: Question): Promise<Answer> => {
    await questions.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
    return await next();
  };
  await next();
  // a burst of all requests at once must fit: the default queue holds 500 packets
  await namespace.run("ip", "link", "set", device, "txqueuelen", "20000");
  await configure(namespace, device, networks);
  return {
    setScript: async (script) => void await ask({ kind: "script", script }),
    reset: async () => void await ask({ kind: "reset" }),
    records: async () => {
      const answer = await ask({ kind: "records" });
      if (answer.kind !== "records") throw new Error(`Unexpected answer "${answer.kind}"`);
      return new Records(answer.records);
    },
    [Symbol.asyncDispose]: async () => {
      await questions.close().catch(() => {});
      await child.status;
      await answers.cancel();
    },
  };
}

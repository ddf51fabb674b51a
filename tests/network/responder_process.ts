/**
 * The process of the scripted responder: owns a TUN device and answers by the script. Its own
 * process, because it must stand in the namespace and must not wait for the test.
 *
 * usage, in a namespace: deno run -A responder_process.ts DEVICE; questions on stdin
 *
 * @module
 */

import { echoReply, icmpError, parseEchoRequest } from "./packet.ts";
import type { EchoRequest } from "./packet.ts";
import { actionFor } from "./responder_script.ts";
import type { AddressRecord, Answer, Question, Rule, Seen } from "./responder_script.ts";
import { TextLineStream } from "./text_lines.ts";
import { openTun } from "./tun.ts";
import type { Tun } from "./tun.ts";

/** Packets that follow each other faster, 500 a second, may wait for the next 2 ms. */
const busyBelowMs = 2;

interface Address {
  rules: readonly Rule[];
  /** Index of the next request, for the rules. */
  next: number;
  record: { [Key in keyof AddressRecord]: Seen[] };
}

class Responder {
  readonly #addresses = new Map<string, Address>();
  readonly #tun: Tun;

  constructor(tun: Tun) {
    this.#tun = tun;
  }

  async serve(): Promise<never> {
    for (let last = performance.now();;) {
      await this.#tun.waitForPackets(200);
      // a wake-up for each packet is the cost: at a high rate, several are taken at once
      const sinceLast = performance.now() - last;
      if (sinceLast < busyBelowMs) await new Promise((resolve) => setTimeout(resolve, 2));
      last = performance.now();
      for (let packet = this.#tun.read(); packet !== undefined; packet = this.#tun.read()) {
        const request = parseEchoRequest(packet);
        if (request !== undefined) this.#handle(request);
      }
    }
  }

  answer(question: Question): Answer {
    switch (question.kind) {
      case "script":
        for (const [text, rules] of Object.entries(question.script)) {
          Object.assign(this.#address(text), { rules, next: 0 });
        }
        return { kind: "done" };
      case "records":
        return {
          kind: "records",
          records: Object.fromEntries([...this.#addresses].map(([text, { record }]) => [
            text,
            record,
          ])),
        };
      case "reset":
        for (const address of this.#addresses.values()) address.record = emptyRecord();
        return { kind: "done" };
    }
  }

  #address(text: string): Address {
    let address = this.#addresses.get(text);
    if (address === undefined) {
      address = { rules: [], next: 0, record: emptyRecord() };
      this.#addresses.set(text, address);
    }
    return address;
  }

  #handle(request: EchoRequest): void {
    const address = this.#address(request.destination);
    address.record.requests.push(seen(request));
    const action = actionFor(address.rules, address.next++);
    if (action.kind === "error") {
      address.record.errors.push(seen(request));
      this.#tun.write(icmpError(request, action.error, action.from));
    }
    if (action.kind !== "reply") return;
    const reply = () => {
      address.record.replies.push(seen(request));
      this.#tun.write(echoReply(request, action.from));
    };
    for (const delay of action.delaysMs) delay === 0 ? reply() : setTimeout(reply, delay);
  }
}

function emptyRecord(): Address["record"] {
  return { requests: [], replies: [], errors: [] };
}

function seen({ id, sequence }: EchoRequest): Seen {
  return { id, sequence, atMs: performance.timeOrigin + performance.now() };
}

function say(answer: Answer): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
  for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}

async function main(device: string): Promise<void> {
  using tun = openTun(device);
  const responder = new Responder(tun);
  say({ kind: "ready" });
  const questions = async () => {
    const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) say(responder.answer(JSON.parse(line) as Question));
  };
  await Promise.race([questions(), responder.serve()]);
  Deno.exit(0);
}

if (import.meta.main) await main(Deno.args[0] ?? "ping0");

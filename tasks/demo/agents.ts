/** The agents of the demo: how they start, what they log and how they end. @module */

import { join } from "node:path";
import type { Child, Spawn } from "../../src/platform/process.ts";
import type { DemoNode } from "./network.ts";
import type { NodepingProgram } from "./programs.ts";

/** What an agent is started with. */
export interface AgentRequest {
  readonly node: DemoNode;
  readonly program: NodepingProgram;
  /** Path of nodes.json. */
  readonly config: string;
  /** Directory of its textfile. */
  readonly directory: string;
  /** Path of fping. */
  readonly fping: string;
  readonly keepTextfile: boolean;
}

/** How many lines of an agent's log are kept. */
const logLines = 10;

/** One running agent. */
export class DemoAgent {
  readonly textfile: string;
  readonly #child: Child;
  readonly #name: string;
  readonly #log: Promise<void>;
  #tail: readonly string[] = [];
  #ended: string | undefined;

  constructor(request: AgentRequest, spawn: Spawn) {
    const { node, program, config, directory, fping, keepTextfile } = request;
    const prefix = "node-ping_";
    const [command = "", ...args] = node.inside(
      ...program.line,
      "agent",
      ...["--config", config, "--node", node.name, "--fping", fping],
      ...["--textfile-dir", directory, "--textfile-prefix", prefix, "--write-interval", "1s"],
      ...["--listen", "off"],
      ...(keepTextfile ? ["--keep-textfile"] : []),
    );
    this.#name = node.name;
    this.textfile = join(directory, `${prefix}${node.name}.prom`);
    this.#child = spawn({ command, args, env: { DENO_NO_UPDATE_CHECK: "1" } });
    this.#child.stdout.cancel();
    this.#log = this.#keepLog();
    this.#child.status.then(({ code }) => this.#ended = `ended with ${code}`);
  }

  /** Throws, with the end of its log, when the agent has ended by itself. */
  mustRun(): void {
    if (this.#ended === undefined) return;
    throw new Error(`The agent of ${this.#name} ${this.#ended}\n${this.logEnd()}`);
  }

  /** The last lines of its log. */
  logEnd(): string {
    return this.#tail.join("\n");
  }

  /** Asks the agent to end, and waits for it a while. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 2000);
    await this.#child.status;
    clearTimeout(timer);
    await this.#log;
  }

  async #keepLog(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#tail = [...this.#tail, ...lines].slice(-logLines);
    }
  }
}

/** Part "sockets": many small unpaced processes on ping sockets against one paced process. @module */

import { addresses, startContender } from "./contender.ts";
import type { Contender, ContenderOptions, Reading } from "./contender.ts";
import type { BenchDeps } from "./deps.ts";
import { bareFping, compiled, plainAgent } from "./programs.ts";
import type { AgentContender } from "./programs.ts";
import { sleep } from "../../tests/network/agent_process.ts";
import { cpuMsPerThousand, median, nextWrite, readIntervals, readTotals } from "./readings.ts";
import { reached, spread, table, whole } from "./report.ts";

/** What is to be reached at 1,000 destinations. */
const mark = { ratio: 0.6, destinations: 1000 } as const;

/** Destinations that answer nothing, so that there is loss to find. */
const silent = addresses(mark.destinations).filter((_, index) => index % 200 === 7);

const firewall = `table ip silent { chain in { type filter hook input priority 0;
  icmp type echo-request ip daddr { ${silent.join(", ")} } drop; }; }`;

/** As a container without any capability: uid 0, but the kernel gives no raw socket. */
const withoutCapabilities = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

/** Prints cost and truth of both kinds of sockets, measured at the same time. */
export async function measureSockets(deps: BenchDeps): Promise<void> {
  const { out, newerFping: fping, directory } = deps;
  if (fping === undefined) {
    return out(
      "\nSockets: left out, NODEPING_FPING_55 names no fping that works on ping sockets\n",
    );
  }
  await using running = new AsyncDisposableStack();
  const start = async (options: ContenderOptions) =>
    running.use(await startContender({ ...options, firewall }));
  const bare = await start(await bareFping(mark.destinations, fping, directory));
  const agents: { agent: AgentContender; contender: Contender }[] = [];
  for (const [sockets, under] of [["raw", []], ["ping", withoutCapabilities]] as const) {
    const agent = await plainAgent([...under, compiled.people], {
      name: `nodeping --sockets ${sockets}`,
      destinations: mark.destinations,
      directory: await Deno.makeTempDir({ dir: directory }),
      flags: ["--sockets", sockets, "--fping", fping],
    });
    agents.push({ agent, contender: await start(agent) });
  }
  await sleep(20_000);
  const [bareIntervals, ...measured] = await Promise.all([
    readIntervals(bare, () => sleep(10_000), deps.intervals),
    ...agents.map(({ agent, contender }) => measureAgent(agent, contender, deps.intervals)),
  ]);
  const bareRow = [
    "one paced bare fping",
    median(bareIntervals.map(cpuMsPerThousand)).toFixed(1),
    "1",
  ];
  const head = ["", "CPU ms per 1,000", "ratio to bare", "sent", "lost (true)", "lossy (true)"];
  out(
    `\nSockets, 1,000 destinations of which ${silent.length} are silent, fping of NODEPING_FPING_55\n` +
      table([...head, `<= ${mark.ratio}`], [
        bareRow,
        ...measured.map((one) => agentRow(one, bareIntervals)),
      ]),
  );
}

/** What an agent used, and what it says it measured. */
interface Measured {
  readonly name: string;
  readonly intervals: readonly Reading[];
  readonly sent: number;
  readonly lost: number;
  /** Destinations with any loss. */
  readonly lossy: number;
}

/** From write to write of the textfile, so that what it says is of the same time. */
async function measureAgent(
  { name, textfile }: AgentContender,
  contender: Contender,
  count: number,
): Promise<Measured> {
  await nextWrite(textfile);
  const before = await readTotals(textfile);
  const intervals = await readIntervals(contender, () => nextWrite(textfile), count);
  const after = await readTotals(textfile);
  const sent = after.sent - before.sent;
  const lost = sent - (after.received - before.received);
  return { name, intervals, sent, lost, lossy: after.lossy };
}

function agentRow(measured: Measured, bare: readonly Reading[]): readonly string[] {
  const { name, intervals, sent, lost, lossy } = measured;
  const ratios = intervals.map((one, index) =>
    cpuMsPerThousand(one) / cpuMsPerThousand(bare[index] ?? one)
  );
  return [
    name,
    median(intervals.map(cpuMsPerThousand)).toFixed(1),
    spread(ratios, 2),
    whole(sent),
    `${whole(lost)} (${whole(sent * silent.length / mark.destinations)})`,
    `${lossy} (${silent.length})`,
    name.endsWith("ping") ? reached(median(ratios) <= mark.ratio) : "",
  ];
}

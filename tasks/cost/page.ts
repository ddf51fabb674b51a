/** docs/cost.md, and the table of README that says the same in short. @module */

import { maxFullMesh, sampledMeshDegree } from "../../src/targets/destination.ts";
import { markdownTable } from "../markdown.ts";
import { agentCost, pathMtuBitsPerSecond } from "./agent_cost.ts";
import type { AgentCase, AgentCost } from "./agent_cost.ts";

/** An agent with the defaults, and names as long as managed clusters give them. */
const typical: Omit<AgentCase, "destinations" | "pairMetrics"> = {
  periodSeconds: 0.5,
  sizeBytes: 56,
  uptimeSeconds: 7 * 24 * 3600,
  rttSeconds: 0.000213,
  nodeName: "ip-10-12-34-56.internal",
  address: "10.12.34.56",
  zone: "eu-central-1a",
  zones: 3,
};

/** The usual interval of kube-prometheus-stack. */
const scrapeSeconds = 30;

/** "about 3 kB a series": robustperception.io, Why does Prometheus use so much RAM?, version 2.20. */
const memoryBytesPerSeries = 3000;

/** Prometheus's documentation, Storage: "1-2 bytes per sample". */
const diskBytesPerSample = 1.5;

interface Mesh {
  readonly nodes: number;
  readonly kind: "full" | "sampled";
  readonly degree: number;
}

/** The text of docs/cost.md. */
export function costPage(): string {
  const meshes = [10, 50, 200, 1000, 5000, 10_000].flatMap(meshesOf);
  return `# What it costs

<!-- Made by \`deno task generate\` from the list of metric families (tasks/cost/) -->

${
    wrapped(
      "",
      `Calculated, rounded to three digits, and held against the textfile of a real agent by a test
      (tests/network/cost_test.ts). Above ${maxFullMesh} nodes the mesh is sampled unless
      \`--mesh-degree\` says otherwise ([large-clusters.md](large-clusters.md)); **bold** is what
      you get without setting anything. The case is: a probe every ${
        typical.periodSeconds * 1000
      } ms
      with ${typical.sizeBytes} data bytes, one address a node, ${typical.zones} zones, node names of
      ${typical.nodeName.length} characters, a week of uptime.`,
    )
  }

## One agent

${
    wrapped(
      "",
      `Bandwidth is that of one direction on Ethernet: the requests of this node and its replies to
      those of others. The path MTU's is that of the full-size packets, one for each node every 10 s,
      at an MTU of 1,500 and of 9,000 bytes; a search for the size that passes sends about 100 packets
      more, once for each black hole, and a black hole then costs three packets instead of one.`,
    )
  }

${markdownTable(agentHead, meshes.map(agentRow), "right").trimEnd()}

## The cluster and its Prometheus

${
    wrapped(
      "",
      `Scraped every ${scrapeSeconds} s. Memory is ${memoryBytesPerSeries / 1000} kB a series and
      disk ${diskBytesPerSample} bytes a sample, the usual rules of thumb for Prometheus; recording
      rules and queries come on top.`,
    )
  }

${markdownTable(clusterHead, meshes.map(clusterRow), "right").trimEnd()}

## Measured

The image's program with every default, in CPU ms per 1,000 probes beside one paced bare fping on
the same list, all sizes at once (\`deno task bench cost\`) on two AMD EPYC processors with a load of
1 to 2:

| Destinations | Paced fping | Agent's fping | Path MTU's | Agent | Of one processor | Resident | Anonymous |
| -----------: | ----------: | ------------: | ---------: | ----: | ---------------: | -------: | --------: |
|          100 |          27 |            12 |          3 |    14 |            0.6 % |    73 MB |     26 MB |
|          200 |          26 |            12 |          1 |     9 |            0.9 % |    80 MB |     34 MB |
|        1,000 |          27 |            28 |          1 |     6 |            7.0 % |    83 MB |     37 MB |

What a paced fping takes depends on how deeply its processor sleeps between two of its wake-ups: 27
(beside others, which keep it awake) to 77 with 100 destinations on this machine, where agent and
fpings together took 24 to 30, so 0.38 to 0.94 of it; at 200 it was 0.55 to 0.77. 1,000 destinations
are spread, not sent in bursts: [why](architecture.md#bursts).

Where the agent's own CPU goes, in ms per 1,000 probes (medians of its threads' times):

|                                                     | 100 | 1,000 |
| --------------------------------------------------- | --: | ----: |
| waking up and reading: once, four times a second    |   4 |   1.4 |
| the lines and the counters of the pairs             | 1.6 |   2.4 |
| textfile: text, and nine calls of the file system   |   3 |   1.5 |
| path MTU: starting fping every 10 s, its lines      |   2 |   0.3 |
| V8's other threads: garbage, and compiled functions | 2.5 |   0.8 |

To this the path MTU's runs of fping add 3 and 0.8.

## Paying less

${
    wrapped(
      "- ",
      `\`--pair-metrics=minimal\` leaves sent, received and the sum of round-trip times of each pair:
      loss and mean stay; smallest, largest and deviation, duplicates, refused sends, loss bursts,
      ICMP errors and the path MTU go, and so does what is drawn and alerted from them.`,
    )
  }
${
    wrapped(
      "- ",
      `\`--path-mtu-interval=off\`, or a longer interval: the full-size packets go, or become fewer.`,
    )
  }
${
    wrapped(
      "- ",
      `\`--mesh-degree=K\` with a smaller K, and a longer \`--period\`: probes and packets (and with K,
      series) go down in proportion, and it takes longer to see a small loss.`,
    )
  }
`;
}

const agentHead = [
  ...["Nodes", "Mesh", "Probes/s", "Mbit/s", "Path MTU: Mbit/s", "at 9,000", "Series", "Textfile"],
  ...["Minimal: series", "Textfile"],
];
const clusterHead = [
  ...["Nodes", "Mesh", "Pairs", "Probes/s", "Series", "Samples/s", "Memory", "Disk a day"],
  ...["Minimal: series", "Samples/s"],
];

/** README's table: what one gets without setting anything. */
export function usualCosts(): string {
  const head = ["nodes", "each probes", "probes/s a node", "Mbit/s a node"];
  const rows = [10, 50, 200, 1000, 5000].flatMap(meshesOf).filter(isUsual).map((mesh) => {
    const { probesPerSecond, bitsPerSecond, series } = costOf(mesh, "all");
    return [
      count(mesh.nodes),
      mesh.kind === "full" ? "all" : String(mesh.degree),
      count(probesPerSecond),
      megabits(bitsPerSecond),
      count(mesh.nodes * series),
      bytes(mesh.nodes * series * memoryBytesPerSeries),
    ];
  });
  return markdownTable([...head, "series in Prometheus", "its memory"], rows, "right");
}

/** A full mesh, and a sampled one where there are nodes to choose from. */
function meshesOf(nodes: number): readonly Mesh[] {
  const full: Mesh = { nodes, kind: "full", degree: nodes - 1 };
  const sampled: Mesh = { nodes, kind: "sampled", degree: sampledMeshDegree };
  return nodes - 1 > sampledMeshDegree ? [full, sampled] : [full];
}

function costOf(mesh: Mesh, pairMetrics: AgentCase["pairMetrics"]): AgentCost {
  return agentCost({ ...typical, destinations: mesh.degree, pairMetrics });
}

function agentRow(mesh: Mesh): readonly string[] {
  const all = costOf(mesh, "all");
  const minimal = costOf(mesh, "minimal");
  return [
    ...namesOf(mesh),
    count(all.probesPerSecond),
    ...[all.bitsPerSecond, ...[1500, 9000].map((mtu) => pathMtuBitsPerSecond(mesh.degree, mtu))]
      .map(megabits),
    count(all.series),
    bytes(all.textfileBytes),
    count(minimal.series),
    bytes(minimal.textfileBytes),
  ];
}

function clusterRow(mesh: Mesh): readonly string[] {
  const { nodes, degree } = mesh;
  const all = costOf(mesh, "all");
  const series = nodes * all.series;
  const minimalSeries = nodes * costOf(mesh, "minimal").series;
  const samplesPerSecond = series / scrapeSeconds;
  return [
    ...namesOf(mesh),
    count(nodes * degree),
    count(nodes * all.probesPerSecond),
    count(series),
    count(samplesPerSecond),
    bytes(series * memoryBytesPerSeries),
    bytes(samplesPerSecond * 24 * 3600 * diskBytesPerSample),
    count(minimalSeries),
    count(minimalSeries / scrapeSeconds),
  ];
}

/** Whether agents with the default mesh degree make this mesh. */
function isUsual({ nodes, kind }: Mesh): boolean {
  return (kind === "full") === (nodes <= maxFullMesh);
}

function namesOf(one: Mesh): readonly [string, string] {
  const { nodes, kind, degree } = one;
  const mesh = kind === "full" ? "full" : `${degree} each`;
  return isUsual(one) ? [`**${count(nodes)}**`, `**${mesh}**`] : [count(nodes), mesh];
}

/** A paragraph, or an item of a list, as `deno fmt` would break it into lines. */
function wrapped(mark: string, text: string): string {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (mark.length + line.length + 1 + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return mark + lines.join(`\n${" ".repeat(mark.length)}`);
}

/** Three digits are enough for planning. */
function count(number: number): string {
  return Number(number.toPrecision(3)).toLocaleString("en-GB", { maximumFractionDigits: 1 });
}

function megabits(bits: number): string {
  return (bits / 1e6).toFixed(2);
}

function bytes(number: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(number) / 3));
  return `${count(number / 1000 ** power)} ${units[power]}`;
}

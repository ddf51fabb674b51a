/**
 * The cases that `diagnose` and the alert rules share: small clusters, each cause alone and two at
 * once, and what must be named.
 *
 * @module
 */

import type { VerdictKind } from "../../src/diagnosis/report.ts";
import {
  betweenLoss,
  caseNodes,
  dualStack,
  linkLoss,
  namesIn,
  nodeLoss,
  nodeName,
} from "./cluster.ts";
import type { CaseCluster, CaseNode, Loss } from "./cluster.ts";

/** A verdict that a case must bring. */
export interface ExpectedVerdict {
  readonly kind: VerdictKind;
  /** Names of the nodes (link: two, sorted; path: of both groups), or of the zones of a zone pair. */
  readonly who: readonly string[];
  /** Of a path: the two zones that are its groups. */
  readonly zones?: readonly [string, string];
  /** Of a link that loses in one direction alone: whose probes. */
  readonly oneWay?: { readonly source: string; readonly destination: string };
  /** The loss that the cause alone makes; a verdict may say up to a fifth more or less. */
  readonly loss: number;
}

/** One case; these verdicts and no other must be named. */
export interface DiagnosisCase extends CaseCluster {
  readonly name: string;
  readonly expected: readonly ExpectedVerdict[];
  /** What the rules name where they differ on purpose: docs/alerts.md, "Limits". */
  readonly ofRules?: readonly ExpectedVerdict[];
}

const zones = ["zone-a", "zone-b", "zone-c"];
const [a, b, c, d] = [nodeName(1), nodeName(2), nodeName(3), nodeName(4)];
const five = caseNodes(5);
const twenty = caseNodes(20, zones);
const hundred = caseNodes(100, zones);

function expect(kind: VerdictKind, who: readonly string[], loss: number): ExpectedVerdict {
  return { kind, who, loss };
}

function makeCase(
  name: string,
  nodes: readonly CaseNode[],
  losses: readonly Loss[],
  expected: readonly ExpectedVerdict[],
  silent: readonly string[] = [],
): DiagnosisCase {
  return { name, nodes, losses, expected, silent };
}

/** Each cause alone, in a cluster of the given nodes. */
function singles(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  return [
    makeCase(`${size}: healthy`, nodes, [], []),
    makeCase(`${size}: a dead node, its agent silent`, nodes, nodeLoss(b, 1), [
      expect("node", [b], 1),
    ], [b]),
    makeCase(`${size}: a node that answers nobody and reaches nobody`, nodes, nodeLoss(b, 1), [
      expect("node", [b], 1),
    ]),
    makeCase(`${size}: a lossy node`, nodes, nodeLoss(c, 0.2), [expect("node", [c], 0.2)]),
    makeCase(`${size}: a lossy node whose agent is silent`, nodes, nodeLoss(c, 0.2), [
      expect("node", [c], 0.2),
    ], [c]),
    makeCase(`${size}: a source whose requests are filtered`, nodes, [{ from: [a], loss: 1 }], [
      expect("source", [a], 1),
    ]),
    makeCase(`${size}: a lossy source`, nodes, [{ from: [a], loss: 0.1 }], [
      expect("source", [a], 0.1),
    ]),
    makeCase(`${size}: a destination that ignores ICMP`, nodes, [{ to: [b], loss: 1 }], [
      expect("destination", [b], 1),
    ]),
    makeCase(`${size}: a destination that limits ICMP`, nodes, [{ to: [b], loss: 0.4 }], [
      expect("destination", [b], 0.4),
    ]),
    makeCase(`${size}: a cut link`, nodes, linkLoss(a, c, 1), [expect("link", [a, c], 1)]),
    makeCase(`${size}: a link that loses 5 % one way`, nodes, linkLoss(b, c, 0.05), [
      expect("link", [b, c], 0.05),
    ]),
    makeCase(`${size}: a silent source, nothing lost`, nodes, [], [], [c]),
  ];
}

/** Causes between zones, in a cluster spread over zone-a, zone-b and zone-c. */
function zoned(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  const [first, second, third] = zones.map((zone) => namesIn(nodes, zone)) as [
    readonly string[],
    readonly string[],
    readonly string[],
  ];
  const pair = betweenLoss(first, second, 0.1);
  return [
    makeCase(`${size}: two zones lose a tenth between them`, nodes, pair, [
      expect("zone-pair", ["zone-a", "zone-b"], 0.1),
    ]),
    makeCase(
      `${size}: two zones are cut off from each other`,
      nodes,
      betweenLoss(first, third, 1),
      [
        expect("zone-pair", ["zone-a", "zone-c"], 1),
      ],
    ),
    makeCase(`${size}: the inside of a zone is lossy`, nodes, betweenLoss(second, second, 0.3), [
      expect("zone-pair", ["zone-b", "zone-b"], 0.3),
    ]),
    makeCase(`${size}: a lossy zone pair and a dead node`, nodes, [...pair, ...nodeLoss(c, 1)], [
      expect("zone-pair", ["zone-a", "zone-b"], 0.1),
      expect("node", [c], 1),
    ], [c]),
  ];
}

/** Two causes at once. */
function doubles(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  return [
    makeCase(`${size}: two dead nodes`, nodes, [...nodeLoss(a, 1), ...nodeLoss(b, 1)], [
      expect("node", [a], 1),
      expect("node", [b], 1),
    ], [a, b]),
    makeCase(`${size}: a lossy node and a cut link`, nodes, [
      ...nodeLoss(a, 0.2),
      ...linkLoss(c, d, 1),
    ], [expect("node", [a], 0.2), expect("link", [c, d], 1)]),
    makeCase(`${size}: a filtered source and a destination that ignores ICMP`, nodes, [
      { from: [a], loss: 1 },
      { to: [b], loss: 1 },
    ], [expect("source", [a], 1), expect("destination", [b], 1)]),
    makeCase(`${size}: two lossy links apart`, nodes, [
      ...linkLoss(a, b, 0.3),
      ...linkLoss(c, d, 0.1),
    ], [expect("link", [a, b], 0.3), expect("link", [c, d], 0.1)]),
  ];
}

/** Losses of a healthy network: one or two probes of 600 on scattered pairs, as a fixed pattern. */
export function scattered(nodes: readonly CaseNode[]): readonly Loss[] {
  return nodes.flatMap(({ name }, index): Loss[] => {
    const one = nodes[(index * 7 + 3) % nodes.length];
    const two = nodes[(index * 11 + 5) % nodes.length];
    return [
      { from: [name], to: [one?.name ?? name], loss: 1 / 600 },
      { from: [name], to: [two?.name ?? name], loss: 2 / 600 },
    ];
  });
}

/** Between zone-a and zone-b, the pairs that a hash puts on the bad one of so many paths. */
function pathLoss(nodes: readonly CaseNode[], paths: number, loss: number): readonly Loss[] {
  return namesIn(nodes, "zone-a").flatMap((one, i) =>
    namesIn(nodes, "zone-b").flatMap((other, j) =>
      (i * 5 + j * 3 + i * j) % paths === 0 ? linkLoss(one, other, loss) : []
    )
  );
}

function expectPath(nodes: readonly CaseNode[], loss: number): ExpectedVerdict {
  const who = [...namesIn(nodes, "zone-a"), ...namesIn(nodes, "zone-b")];
  return { kind: "path", who, zones: ["zone-a", "zone-b"], loss };
}

/** One of several equal paths, alone and beside a node. */
function paths(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  return [
    makeCase(`${size}: one of two paths is dead`, nodes, pathLoss(nodes, 2, 1), [
      expectPath(nodes, 1),
    ]),
    makeCase(`${size}: one of three paths loses 40 %`, nodes, pathLoss(nodes, 3, 0.4), [
      expectPath(nodes, 0.4),
    ]),
    makeCase(
      `${size}: one of two paths is dead, and a node elsewhere`,
      nodes,
      [...pathLoss(nodes, 2, 1), ...nodeLoss(c, 1)],
      [expectPath(nodes, 1), expect("node", [c], 1)],
    ),
  ];
}

/** What all pairs lose, evenly but for a pattern of more and less. */
function evenLoss(nodes: readonly CaseNode[], loss: number): readonly Loss[] {
  return nodes.flatMap(({ name: from }, i) =>
    nodes.map(({ name: to }, j): Loss => ({
      from: [from],
      to: [to],
      loss: loss * (0.7 + 0.2 * ((i * 7 + j * 5) % 4)),
    }))
  );
}

/** Loss that all share: nobody by name. */
function shared(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  return [
    makeCase(`${size}: every pair loses 0.4 %`, nodes, evenLoss(nodes, 0.004), []),
    makeCase(`${size}: every pair loses 0.8 %, and a link a quarter`, nodes, [
      ...evenLoss(nodes, 0.008),
      ...linkLoss(b, d, 0.25),
    ], [expect("link", [b, d], 0.25)]),
  ];
}

/** Where one direction does well, rules name nobody. */
function oneWay(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  const expected = [{ ...expect("link", [b, d], 0.3), oneWay: { source: d, destination: b } }];
  const losses = [{ from: [d], to: [b], loss: 0.3 }];
  return [
    { ...makeCase(`${size}: one direction of a link loses`, nodes, losses, expected), ofRules: [] },
  ];
}

/** What left the cluster is no fault. */
function stale(nodes: readonly CaseNode[]): DiagnosisCase[] {
  const size = `${nodes.length} nodes`;
  const left = nodeLoss(b, 1);
  return [
    { ...makeCase(`${size}: a node that left the cluster`, nodes, left, [], [b]), stale: [b] },
    {
      ...makeCase(
        `${size}: a node that left the cluster, and a lossy one`,
        nodes,
        [...left, ...nodeLoss(d, 0.2)],
        [expect("node", [d], 0.2)],
        [b],
      ),
      stale: [b],
    },
  ];
}

const cordoned = five.map((node) => (node.name === b ? { ...node, cordoned: true } : node));

/** Every case. */
export const diagnosisCases: readonly DiagnosisCase[] = [
  ...singles(caseNodes(3)),
  ...singles(five),
  ...doubles(five),
  ...singles(twenty),
  ...zoned(twenty),
  ...doubles(twenty),
  ...singles(hundred),
  ...zoned(hundred),
  ...doubles(hundred),
  ...paths(twenty),
  ...shared(twenty),
  ...oneWay(five),
  ...oneWay(twenty),
  ...stale(five),
  ...stale(twenty),
  makeCase("5 nodes: healthy with single losses", five, scattered(five), []),
  makeCase("20 nodes: healthy with single losses", twenty, scattered(twenty), []),
  makeCase("100 nodes: healthy with single losses", hundred, scattered(hundred), []),
  makeCase("20 nodes: single losses and a lossy link", twenty, [
    ...scattered(twenty),
    ...linkLoss(b, d, 0.1),
  ], [expect("link", [b, d], 0.1)]),
  makeCase("5 nodes: a dead node that is cordoned", cordoned, nodeLoss(b, 1), [
    expect("node", [b], 1),
  ], [b]),
  makeCase("5 nodes, dual stack: healthy", dualStack(five), [], []),
  makeCase("5 nodes, dual stack: the IPv6 of one node is dead", dualStack(five), [
    { from: [c], family: 6, loss: 1 },
    { to: [c], family: 6, loss: 1 },
  ], [expect("node", [c], 1)]),
  makeCase("5 nodes, dual stack: one node ignores ICMPv6", dualStack(five), [
    { to: [c], family: 6, loss: 1 },
  ], [expect("destination", [c], 1)]),
  makeCase("20 nodes, dual stack: a link is cut for IPv6 only", dualStack(twenty), [
    { from: [a], to: [d], family: 6, loss: 1 },
    { from: [d], to: [a], family: 6, loss: 1 },
  ], [expect("link", [a, d], 1)]),
];

/**
 * Which entries become of which Node objects: the chart's lookup and the sync must agree on these.
 *
 * @module
 */

import type { NodeObject } from "../../src/kubernetes/nodes.ts";
import type { NodeEntry } from "../../src/nodes/node_list.ts";

/** The parts of a Node object that decide on its entries. */
export interface SampleNode {
  readonly name: string;
  /** On top of {@linkcode sampleSelector}. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly unschedulable?: boolean;
  readonly taints?: readonly { readonly key: string; readonly effect: string }[];
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  /** Deleted, and kept by a finalizer, as Karpenter's nodes are while they are drained. */
  readonly isDeleting?: boolean;
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
}

/** The settings of the lookup, and what must come out. */
export interface NodeChoice {
  readonly settings: {
    readonly addressType?: "InternalIP" | "ExternalIP" | "Hostname";
    readonly ipFamily?: "ipv4" | "ipv6" | "dual";
    readonly excludeTaints?: readonly string[];
  };
  readonly entries: readonly NodeEntry[];
}

/** Selects the samples in a cluster, where no kubelet and no other release looks at them. */
export const sampleSelector = { "kubernetes.io/os": "nodeping-e2e" } as const;

/** The Node object to create for a sample; one that is deleting is deleted afterwards. */
export function sampleObject(node: SampleNode): Required<NodeObject> {
  const { name, labels, annotations, unschedulable, taints, conditions, isDeleting } = node;
  const object = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { ...sampleSelector, ...labels },
      ...(annotations ? { annotations } : {}),
      ...(isDeleting ? { finalizers: ["nodeping-e2e/termination"] } : {}),
    },
    spec: { ...(unschedulable ? { unschedulable } : {}), ...(taints ? { taints } : {}) },
    status: { addresses: node.addresses, ...(conditions ? { conditions } : {}) },
  };
  return object;
}

type Address = SampleNode["addresses"][number];

const internal = (address: string): Address => ({ type: "InternalIP", address });
const external = (address: string): Address => ({ type: "ExternalIP", address });
const hostname = (address: string): Address => ({ type: "Hostname", address });

/** Marks of nodes that most often come back: a fault of theirs must be seen. */
const staying: readonly SampleNode[] = [
  ...[
    // Only a candidate: most of them stay.
    "DeletionCandidateOfClusterAutoscaler",
    "aws-node-termination-handler/rebalance-recommendation",
    "aws-node-termination-handler/scheduled-maintenance",
    "remediator.kubernetes.azure.com/unschedulable",
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "kubernetes.azure.com/scalesetpriority",
  ].map((key) => ({ taints: [{ key, effect: "PreferNoSchedule" }] })),
  ...[
    // The kubelet's graceful shutdown, at each reboot; 40 s later the node controller's word.
    {
      type: "Ready",
      status: "False",
      reason: "KubeletNotReady",
      message: "node is shutting down",
    },
    { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" },
    { type: "VMEventScheduled", status: "True", reason: "RebootScheduled" },
    { type: "NetworkUnavailable", status: "True" },
    { type: "KernelDeadlock", status: "True" },
    // Known, and not so.
    { type: "Terminating", status: "False" },
  ].map((condition) => ({ conditions: [condition] })),
].map((mark, index) => ({
  name: `nodeping-e2e-staying-${String(index).padStart(2, "0")}`,
  addresses: [internal(`192.0.2.${70 + index}`)],
  ...mark,
}));

/** Each is left out for its taint alone. */
const leaving: readonly SampleNode[] = [
  "ToBeDeletedByClusterAutoscaler",
  "karpenter.sh/disrupted",
  "karpenter.sh/disruption",
  "node.cloudprovider.kubernetes.io/shutdown",
  "node.kubernetes.io/out-of-service",
  "cloud.google.com/impending-node-termination",
  "aws-node-termination-handler/spot-itn",
  "aws-node-termination-handler/asg-lifecycle-termination",
  "autoscaling.cast.ai/draining",
].map((key, index) => ({
  name: `nodeping-e2e-leaving-${index}`,
  taints: [{ key, effect: "NoSchedule" }],
  addresses: [internal(`192.0.2.${50 + index}`)],
}));

/** Addresses that are another machine's on every other node, or nobody's; some are no addresses. */
const unusable = [
  ...["", "127.0.0.1", "127.0.1.1", "169.254.10.1", "0.0.0.0", "224.0.0.5", "255.255.255.255"],
  ...["::", "::1", "0:0:0:0:0:0:0:1", "fe80::250:56ff:fe9f:b059", "febf::1", "ff02::1"],
  ...["2001:db8::7%eth0", "::ffff:127.0.0.1", "::ffff:169.254.0.1", "1.2.3", "10.0.0.300"],
  ...["010.0.0.1", "2001:db8:::1", "1:2:3"],
];

/** Node objects of every kind. */
export const sampleNodes: readonly SampleNode[] = [
  {
    name: "nodeping-e2e-a",
    labels: { "topology.kubernetes.io/zone": "zone-a" },
    addresses: [
      hostname("a.example.com"),
      internal("192.0.2.1"),
      internal("192.0.2.101"),
      internal("2001:db8::1"),
      external("198.51.100.1"),
    ],
  },
  {
    name: "nodeping-e2e-b",
    unschedulable: true,
    addresses: [hostname("b.example.com"), external("198.51.100.2")],
  },
  { name: "nodeping-e2e-c", addresses: [hostname("c.example.com")] },
  {
    // The link-local address of a bridge comes first, as on a public report.
    name: "nodeping-e2e-d",
    addresses: [
      internal("fe80::250:56ff:fe9f:b059"),
      internal("127.0.1.1"),
      internal("::ffff:192.0.2.4"),
    ],
  },
  {
    name: "nodeping-e2e-f",
    taints: [{ key: "example.com/repair", effect: "NoSchedule" }],
    addresses: [internal("192.0.2.6")],
  },
  { name: "nodeping-e2e-without-address", addresses: [] },
  { name: "nodeping-e2e-unusable", addresses: unusable.map(internal) },
  ...leaving,
  {
    name: "nodeping-e2e-terminating",
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Terminating", status: "True", reason: "TerminationRequested" },
    ],
    addresses: [internal("192.0.2.11")],
  },
  {
    name: "nodeping-e2e-deleting",
    isDeleting: true,
    addresses: [internal("192.0.2.12")],
  },
  ...staying,
  {
    name: "nodeping-e2e-excluded",
    annotations: { "nodeping/exclude": "true" },
    addresses: [internal("192.0.2.7")],
  },
  {
    name: "nodeping-e2e-unselected",
    labels: { "kubernetes.io/os": "nodeping-e2e-other" },
    addresses: [internal("192.0.2.8")],
  },
  {
    name: "nodeping-e2e-virtual",
    labels: { type: "virtual-kubelet" },
    addresses: [internal("192.0.2.9")],
  },
  {
    name: "nodeping-e2e-fargate",
    labels: { "eks.amazonaws.com/compute-type": "fargate" },
    addresses: [internal("192.0.2.10")],
  },
];

const a = { name: "nodeping-e2e-a", zone: "zone-a" };
const b = { name: "nodeping-e2e-b", cordoned: true };
const c = { name: "nodeping-e2e-c", ipAddress: "c.example.com" };
const d = { name: "nodeping-e2e-d", ipAddress: "192.0.2.4" };
const f = { name: "nodeping-e2e-f", ipAddress: "192.0.2.6" };
const stay = staying.map(({ name, addresses }) => ({
  name,
  ipAddress: addresses[0]?.address ?? "",
}));

/** What becomes of {@linkcode sampleNodes}; the defaults are InternalIP and ipv4. */
export const nodeChoices: readonly NodeChoice[] = [
  {
    settings: {},
    entries: [
      { ...a, ipAddress: "192.0.2.1" },
      { ...b, ipAddress: "198.51.100.2" },
      ...[c, d, f, ...stay],
    ],
  },
  {
    settings: { excludeTaints: ["example.com/repair", "example.com/unheard"] },
    entries: [{ ...a, ipAddress: "192.0.2.1" }, { ...b, ipAddress: "198.51.100.2" }, c, d, ...stay],
  },
  {
    settings: { addressType: "ExternalIP" },
    entries: [
      { ...a, ipAddress: "198.51.100.1" },
      { ...b, ipAddress: "198.51.100.2" },
      ...[c, d, f, ...stay],
    ],
  },
  {
    settings: { addressType: "Hostname" },
    entries: [
      { ...a, ipAddress: "a.example.com" },
      { ...b, ipAddress: "b.example.com" },
      ...[c, d, f, ...stay],
    ],
  },
  {
    settings: { ipFamily: "ipv6" },
    entries: [{ ...a, ipAddress: "2001:db8::1" }, { ...b, ipAddress: "b.example.com" }, c],
  },
  {
    settings: { ipFamily: "dual" },
    entries: [
      { ...a, ipAddress: "192.0.2.1" },
      { ...a, ipAddress: "2001:db8::1" },
      { ...b, ipAddress: "198.51.100.2" },
      ...[c, d, f, ...stay],
    ],
  },
  {
    settings: { ipFamily: "dual", addressType: "Hostname" },
    entries: [
      { ...a, ipAddress: "a.example.com" },
      { ...b, ipAddress: "b.example.com" },
      ...[c, d, f, ...stay],
    ],
  },
];

const linux = "kubernetes.io/os=linux";
const notFargate = "eks.amazonaws.com/compute-type!=fargate";
const notVirtual = "type!=virtual-kubelet";

/** What becomes of nodePing.selector as a label selector of the API, sorted where it was a map. */
export const selectorTexts: readonly { readonly selector: unknown; readonly text: string }[] = [
  { selector: null, text: `${notFargate},${linux},${notVirtual}` },
  { selector: {}, text: `${notFargate},${linux},${notVirtual}` },
  { selector: { pool: "a" }, text: `${notFargate},${linux},pool=a,${notVirtual}` },
  {
    selector: { "kubernetes.io/os": "windows", type: null },
    text: `${notFargate},kubernetes.io/os=windows`,
  },
  {
    selector: { "node-role.kubernetes.io/worker": "" },
    text: `${notFargate},${linux},node-role.kubernetes.io/worker=,${notVirtual}`,
  },
  { selector: "*", text: "" },
  { selector: "pool in (a, b), !spot", text: "pool in (a, b), !spot" },
];

/** Label selectors, and which of two nodes they take: one labelled pool=a and size=2, one bare. */
export const selectorMatches: readonly {
  readonly text: string;
  readonly labelled: boolean;
  readonly bare: boolean;
}[] = [
  { text: "pool=a", labelled: true, bare: false },
  { text: "pool==a", labelled: true, bare: false },
  { text: "pool = b", labelled: false, bare: false },
  { text: "pool!=a", labelled: false, bare: true },
  { text: "pool != b", labelled: true, bare: true },
  { text: "pool", labelled: true, bare: false },
  { text: "!pool", labelled: false, bare: true },
  { text: "! pool", labelled: false, bare: true },
  { text: "pool in (a,b)", labelled: true, bare: false },
  { text: "pool in ( b , c )", labelled: false, bare: false },
  { text: "pool notin (a,b)", labelled: false, bare: true },
  { text: "pool notin (c)", labelled: true, bare: true },
  { text: "pool=a,size=2", labelled: true, bare: false },
  { text: "size in (1,2) , pool!=b", labelled: true, bare: false },
  { text: "pool=", labelled: false, bare: false },
  { text: "in in (in)", labelled: false, bare: false },
  { text: "pool in(a)", labelled: true, bare: false },
  { text: "pool in (a,)", labelled: true, bare: false },
  { text: "pool in ()", labelled: false, bare: false },
  { text: "pool\t=\ta", labelled: true, bare: false },
  { text: "  ! pool  ,!size", labelled: false, bare: true },
  { text: "constructor", labelled: false, bare: false },
];

/** What the API takes for no label selector: neither may the chart. */
export const refusedSelectors: readonly string[] = [
  ...[",", "pool=a,", ",pool=a", "pool=a,,size=2", "pool in (a),", "pool in (a) size", "pool=a b"],
  ...["pool===a", "pool=!a", "!pool=a", "!!pool", "pool in a", "pool in (a", "pool in (a b)"],
  ...["pool=-a", "pool=a.", "_pool", "pool_=a", "x/y/z", "/z", "x/", "X.y/z", "__proto__", "**"],
  ...[
    `pool=${"a".repeat(64)}`,
    "p".repeat(64),
    "pool=é",
    "'pool'=a",
    "pool not in (a)",
    "(pool=a)",
  ],
];

/**
 * Which entries become of which Node objects: the chart's lookup and the sync must agree on these.
 *
 * @module
 */

import type { NodeEntry } from "../../src/nodes/node_list.ts";

/** The parts of a Node object that decide on its entries. */
export interface SampleNode {
  readonly name: string;
  /** On top of {@linkcode sampleSelector}. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly unschedulable?: boolean;
  readonly taints?: readonly { readonly key: string; readonly effect: string }[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
}

/** The settings of the lookup, and what must come out. */
export interface NodeChoice {
  readonly settings: {
    readonly addressType?: "InternalIP" | "ExternalIP" | "Hostname";
    readonly ipFamily?: "ipv4" | "ipv6" | "dual";
  };
  readonly entries: readonly NodeEntry[];
}

/** Selects the samples in a cluster, where no kubelet and no other release looks at them. */
export const sampleSelector = { "kubernetes.io/os": "nodeping-e2e" } as const;

type Address = SampleNode["addresses"][number];

const internal = (address: string): Address => ({ type: "InternalIP", address });
const external = (address: string): Address => ({ type: "ExternalIP", address });
const hostname = (address: string): Address => ({ type: "Hostname", address });

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
  { name: "nodeping-e2e-without-address", addresses: [] },
  {
    name: "nodeping-e2e-leaving",
    taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }],
    addresses: [internal("192.0.2.5")],
  },
  {
    name: "nodeping-e2e-disrupted",
    taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }],
    addresses: [internal("192.0.2.6")],
  },
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
];

const a = { name: "nodeping-e2e-a", zone: "zone-a" };
const b = { name: "nodeping-e2e-b", cordoned: true };
const c = { name: "nodeping-e2e-c", ipAddress: "c.example.com" };

/** What becomes of {@linkcode sampleNodes}; the defaults are InternalIP and ipv4. */
export const nodeChoices: readonly NodeChoice[] = [
  {
    settings: {},
    entries: [{ ...a, ipAddress: "192.0.2.1" }, { ...b, ipAddress: "198.51.100.2" }, c],
  },
  {
    settings: { addressType: "ExternalIP" },
    entries: [{ ...a, ipAddress: "198.51.100.1" }, { ...b, ipAddress: "198.51.100.2" }, c],
  },
  {
    settings: { addressType: "Hostname" },
    entries: [{ ...a, ipAddress: "a.example.com" }, { ...b, ipAddress: "b.example.com" }, c],
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
      c,
    ],
  },
  {
    settings: { ipFamily: "dual", addressType: "Hostname" },
    entries: [{ ...a, ipAddress: "a.example.com" }, { ...b, ipAddress: "b.example.com" }, c],
  },
];

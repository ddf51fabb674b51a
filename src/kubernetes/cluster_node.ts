/** What nodeping needs to know of a Node object. @module */

/** The parts of a Node object that are read, as the API (core/v1) has them. */
export interface NodeObject {
  /** ObjectMeta. */
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: unknown;
  };
  /** NodeSpec. */
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string }[];
  };
  /** NodeStatus. */
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/** The parts of a Node that decide on its place in the node list; a heartbeat changes none. */
export interface ClusterNode {
  /** metadata.name. */
  readonly name: string;
  /** In the order of .status.addresses. */
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  /** Label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** spec.unschedulable. */
  readonly cordoned: boolean;
  /** Why the node is about to go, where it is. */
  readonly leaving?: string;
  /** True when the annotation nodeping/exclude is "true". */
  readonly excluded: boolean;
}

/** Set to "true" on a Node, it keeps the node out of the list. */
const excludeAnnotation = "nodeping/exclude";

/** Taints by which autoscalers mark a node that they are about to delete. */
const leavingTaints = ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"];

/** Reads a Node object as the API gives it. */
export function clusterNode(node: NodeObject): ClusterNode {
  const { metadata, spec, status } = node;
  const zone = metadata?.labels?.["topology.kubernetes.io/zone"];
  const taint = spec?.taints?.find(({ key }) => leavingTaints.includes(key));
  const leaving = metadata?.deletionTimestamp
    ? "it is being deleted"
    : taint && `it carries the taint ${taint.key}`;
  return {
    name: metadata?.name ?? "",
    addresses: (status?.addresses ?? []).map(({ type, address }) => ({ type, address })),
    ...(zone ? { zone } : {}),
    cordoned: spec?.unschedulable === true,
    ...(leaving ? { leaving } : {}),
    excluded: metadata?.annotations?.[excludeAnnotation] === "true",
  };
}

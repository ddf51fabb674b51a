/** The node list (nodes.json) as data, and its text: the seed's array, or grouped by zone where that is large. @module */

/**
 * A plain list of more bytes is written grouped; smaller ones keep the form that everybody knows.
 */
export const maxPlainBytes = 500_000;

/** What the API server takes as data of a ConfigMap is 1 MiB; external targets need some of it. */
export const maxListBytes = 1_028_576;

/** The text of nodes.json: the seed's array, or grouped where that is large. */
export function nodeListText(nodes: readonly NodeEntry[]): string {
  const plain = JSON.stringify(nodes);
  if (plain.length <= maxPlainBytes) return plain;
  const zones = [...Map.groupBy(nodes, ({ zone }) => zone ?? "")].map(([zone, own]) => {
    const byName = [...Map.groupBy(own, ({ name }) => name)].map(([name, entries]) => {
      const [first, ...others] = entries.map(({ ipAddress }) => ipAddress);
      return [name, others.length === 0 ? first : [first, ...others]];
    });
    return [zone, Object.fromEntries(byName)];
  });
  const cordoned = nodes.filter((node) => node.cordoned === true).map(({ name }) => name);
  return JSON.stringify({
    cluster_targets_by_zone: Object.fromEntries(zones),
    cordoned: [...new Set(cordoned)],
  });
}

/** Why a ConfigMap cannot hold the nodes; undefined when it can. */
export function sizeRefusal(nodes: readonly NodeEntry[]): string | undefined {
  const bytes = new TextEncoder().encode(nodeListText(nodes)).length;
  if (bytes <= maxListBytes) return undefined;
  return `The list of ${nodes.length} addresses has ${bytes} bytes, and a ConfigMap holds 1 MiB ` +
    `(${maxListBytes} of it for the list): choose fewer nodes with nodePing.selector or --selector`;
}

/** One address of one node. A node with several addresses has several entries. */
export interface NodeEntry {
  /** Name of the Node object. */
  readonly name: string;
  /** IP address in canonical text, or a host name that the agent resolves. */
  readonly ipAddress: string;
  /** Failure zone, where known. */
  readonly zone?: string;
  /** True when the node is cordoned. */
  readonly cordoned?: boolean;
}

/** Number of nodes; one with two addresses counts once. */
export function nodeCount(entries: readonly NodeEntry[]): number {
  return new Set(entries.map(({ name }) => name)).size;
}

/** A destination outside the cluster. */
export interface ExternalTarget {
  /** Name shown as destination_node; the host where no name was given. */
  readonly name: string;
  /** IP address or host name. */
  readonly host: string;
  /**
   * The addresses to take of a host name; of any family, in the system's own order, when absent.
   */
  readonly ipFamily?: "ipv4" | "ipv6";
}

/** What is probed of a node list, in the order of the file, without repetitions. */
export interface NodeList {
  /** In the order of the file, each name and address once. */
  readonly nodes: readonly NodeEntry[];
  /** Addresses outside of the cluster, probed but never judged. */
  readonly externalTargets: readonly ExternalTarget[];
}

/** Commands for a node's own shell, where the cluster's tool runs them. @module */

/**
 * Runs `command` for each process of that name in the network namespace of the node, with its
 * directory in /proc as $p. Pods with a network of their own have another namespace. Nothing but
 * the shell is needed, and processes that end meanwhile are passed over.
 */
export function forEachProcess(name: string, command: string): string {
  return `for p in /proc/[0-9]*; do
  [ "$p/ns/net" -ef /proc/self/ns/net ] && read -r comm < "$p/comm" && [ "$comm" = ${name} ] || continue
  ${command}
done 2> /dev/null; true`;
}

/** The tool's number of a node: "7" of "node-7". */
export function numberOf(node: string): string {
  return node.replace(/^node-/, "");
}

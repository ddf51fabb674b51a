/** What one user asked of the API server, from its audit log. @module */

/** Arguments of a kube-apiserver that logs every request of the user, and no other. */
export async function auditArguments(directory: string, user: string): Promise<readonly string[]> {
  const policy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata", users: [user] }, { level: "None" }],
  };
  await Deno.writeTextFile(`${directory}/audit-policy.json`, JSON.stringify(policy));
  return [
    `--audit-policy-file=${directory}/audit-policy.json`,
    `--audit-log-path=${directory}/audit.log`,
  ];
}

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string };
}

/** The requests since the log had so many lines: "sync: list nodes 10, get pods 1; helm: ...". */
export async function auditedRequests(directory: string, sinceLine: number): Promise<string> {
  const lines = (await auditLines(directory)).slice(sinceLine);
  // A watch is logged when it begins and when it ends.
  const events = new Map(
    lines.map((line) => JSON.parse(line) as AuditEvent).map((event) => [event.auditID, event]),
  );
  const byClient = Map.groupBy(
    events.values(),
    ({ userAgent }) => userAgent?.startsWith("Helm/") ? "helm" : "sync",
  );
  return [...byClient].map(([client, own]) => `${client}: ${countsText(own)}`).join("; ");
}

/** Lines that the log has. */
export async function auditLines(directory: string): Promise<readonly string[]> {
  const text = await Deno.readTextFile(`${directory}/audit.log`).catch(() => "");
  return text.split("\n").filter(Boolean);
}

function countsText(events: readonly AuditEvent[]): string {
  const counts = Map.groupBy(
    events,
    ({ verb, objectRef }) => objectRef?.resource ? `${verb} ${objectRef.resource}` : "discovery",
  );
  return [...counts].map(([what, all]) => `${what} ${all.length}`).sort().join(", ");
}

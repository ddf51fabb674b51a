/**
 * Makes a fault, and measures how long an alert takes to fire in a real Prometheus and, once the
 * fault is healed, to resolve:
 * `deno run -A tests/dashboard/fire_and_resolve.ts PROMETHEUS_URL ALERTS FAULT HEAL [LIMIT_SECONDS=150]`
 * ALERTS is a comma-separated list of `Name/node[/peer]`, in any order of node and peer; FAULT and
 * HEAL are shell commands. Fails when another alert fires, or one takes longer than the limit.
 *
 * @module
 */

interface Alert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

const [url = "", alerts = "", fault = "", heal = "", limit = "150"] = Deno.args;
const wanted = alerts.split(",").sort();

async function shell(command: string): Promise<void> {
  const { success } = await new Deno.Command("sh", { args: ["-c", command] }).spawn().status;
  if (!success) throw new Error(`Failed: ${command}`);
}

async function firing(): Promise<readonly string[]> {
  const response = await fetch(`${url}/api/v1/alerts`);
  const { data } = await response.json() as { data: { alerts: readonly Alert[] } };
  return data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => {
    const nodes = [labels["node"], labels["peer"]].filter((name) => name !== undefined);
    return [labels["alertname"], ...nodes.sort()].join("/");
  }).sort();
}

async function secondsUntil(expected: readonly string[]): Promise<number> {
  const start = performance.now();
  for (;;) {
    const seconds = (performance.now() - start) / 1000;
    const now = await firing();
    if (now.join() === expected.join()) return seconds;
    const strange = now.filter((alert) => !wanted.includes(alert));
    if (strange.length > 0) throw new Error(`Not expected: ${strange.join(", ")}`);
    if (seconds > Number(limit)) throw new Error(`After ${limit} s: firing ${now.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function line(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

await secondsUntil([]);
await shell(fault);
try {
  line(`${alerts} fired after ${(await secondsUntil(wanted)).toFixed(0)} s`);
} finally {
  await shell(heal);
}
line(`resolved after ${(await secondsUntil([])).toFixed(0)} s`);

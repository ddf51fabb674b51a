/** What to do about a verdict. @module */

import type { Verdict } from "./verdict.ts";

/** The next step for the person who reads the verdict. */
export function adviceOf(verdict: Verdict): string {
  const [first, second] = verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
  switch (verdict.kind) {
    case "node":
      return second === undefined
        ? `Cordon and drain ${first}, then check its network card, cable and switch port`
        : "Check what all nodes share: the switch above them, the firewall or the network plugin's last change";
    case "source":
      return `Check on ${first} what filters or limits outgoing ICMP echo requests (nft, iptables, ` +
        "sysctl) and the log of its nodeping agent; others reach it: no reason to drain it";
    case "destination":
      return `Check on ${first} what filters or limits ICMP echo requests (icmp_echo_ignore_all, ` +
        "icmp_ratelimit, firewall); its own traffic is well: no reason to drain it";
    case "link":
      return `Check the path between ${first} and ${second}: switch ports, cables, routes, tunnels, ` +
        "and filters for these two addresses; draining one of them only hides it";
    case "zone-pair":
      return first === second
        ? `Check the switches and routes inside ${first}`
        : `Check the uplinks, routes and firewalls between ${first} and ${second}`;
  }
}

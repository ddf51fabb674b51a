/** What to do about a verdict. @module */

import type { Verdict } from "./verdict.ts";

/** The next step for the person who reads the verdict. */
export function adviceOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case "node":
      return verdict.nodes.length > 1
        ? "Check what all nodes share: the switch above them, the firewall or the network plugin's last change"
        : `Cordon and drain ${
          verdict.nodes[0]
        }, then check its network card, cable and switch port`;
    case "source":
      return `Check on ${
        verdict.nodes[0]
      } what filters or limits outgoing ICMP echo requests (nft, iptables, sysctl) ` +
        "and the log of its nodeping agent; others reach it: no reason to drain it";
    case "destination":
      return `Check on ${verdict.nodes[0]} what filters or limits ICMP echo requests ` +
        "(icmp_echo_ignore_all, icmp_ratelimit, firewall); its own traffic is well: no reason to drain it";
    case "link":
      return `Check the path between ${
        verdict.nodes.join(" and ")
      }: switch ports, cables, routes, tunnels, and filters for these two addresses; ` +
        "draining one of them only hides it";
    case "zone-pair":
      return verdict.zones[0] === verdict.zones[1]
        ? `Check the switches and routes inside ${verdict.zones[0]}`
        : `Check the uplinks, routes and firewalls between ${verdict.zones.join(" and ")}`;
  }
}

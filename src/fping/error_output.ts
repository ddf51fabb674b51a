/** fping's standard error: ICMP errors, replies of others, and what it says for people. @module */

/** Values of the label `type` of nodeping_icmp_errors_total. */
export const icmpErrorTypes = [
  "host_unreachable",
  "network_unreachable",
  "prohibited",
  "time_exceeded",
  "other",
] as const;

/** One value of the label `type` of nodeping_icmp_errors_total. */
export type IcmpErrorType = typeof icmpErrorTypes[number];

/** One piece of fping's standard error. */
export type ErrorNotice =
  /** An ICMP error for a request to the target. The probe's outcome comes on its own. */
  | { readonly kind: "icmp_error"; readonly type: IcmpErrorType; readonly target: string }
  /** A reply from another address than the one probed: somebody else's. */
  | { readonly kind: "wrong_source"; readonly address: string }
  /** Anything else, for the log. */
  | { readonly kind: "message"; readonly text: string };

/** fping marks a foreign reply without a line feed, so that marks stick to what comes next. */
const wrongSourceMark = / \[<- (\S+?)\]/g;

/**
 * "ICMP Host Unreachable from 10.77.0.1 for ICMP Echo sent to 10.77.0.9"; of fping 5.5 also
 * "ICMPv6 Destination Unreachable (Address unreachable) from fd77::1 for ICMPv6 Echo Request sent to
 * fd77::9" (5.1 is silent on ICMPv6 errors).
 */
const icmpErrorLine =
  /^(ICMP.*?) from \S+ for ICMP(?: Echo|v6 Echo Request) sent to (\S+)(?: \(\S+\))?$/;

/** Reads fping's standard error as it comes, in pieces of any size. */
export class ErrorOutput {
  #rest = "";

  /** Takes the next piece of text and returns what is complete in it. */
  read(text: string): readonly ErrorNotice[] {
    const notices: ErrorNotice[] = [];
    const cleared = (this.#rest + text).replaceAll(wrongSourceMark, (_, address: string) => {
      notices.push({ kind: "wrong_source", address });
      return "";
    });
    const lines = cleared.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() !== "") notices.push(parseErrorLine(line.trim()));
    }
    return notices;
  }

  /** Returns what is left when fping has ended. */
  end(): readonly ErrorNotice[] {
    return this.read("\n");
  }
}

function parseErrorLine(line: string): ErrorNotice {
  const match = icmpErrorLine.exec(line);
  if (match === null) return { kind: "message", text: line };
  const [, cause = "", target = ""] = match;
  return { kind: "icmp_error", type: icmpErrorType(cause), target };
}

/** Sorts the texts of fping 5.1 to 5.5, for ICMP (RFC 792, RFC 1812) and ICMPv6 (RFC 4443). */
function icmpErrorType(cause: string): IcmpErrorType {
  if (/prohibit/i.test(cause)) return "prohibited";
  if (/time exceeded/i.test(cause)) return "time_exceeded";
  if (/host|address unreachable/i.test(cause)) return "host_unreachable";
  if (/network|no route/i.test(cause)) return "network_unreachable";
  return "other";
}

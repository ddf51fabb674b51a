/** Counts verdicts that are right, wrong and missing, by kind. @module */

import { namesOf, verdictKinds } from "../../src/diagnosis/report.ts";
import type { PathVerdict, Verdict, VerdictKind } from "../../src/diagnosis/report.ts";
import type { DrawnCluster, Fault } from "./simulator.ts";
import { evidentMembers } from "./visibility.ts";
import type { Visibility } from "./visibility.ts";

type Count = "right" | "wrong" | "found" | "missed";

/** Sums over many drawn clusters. */
export class Score {
  readonly #counts = new Map<`${Count} ${VerdictKind}`, number>();
  readonly #clusters = new Map<Visibility, number>();

  /**
   * Counts the verdicts on one cluster. Of faint faults none need be named, but what is named must
   * be right all the same; ambiguous clusters are only counted.
   */
  add(visibility: Visibility, verdicts: readonly Verdict[], cluster: DrawnCluster): void {
    this.#clusters.set(visibility, this.clusters(visibility) + 1);
    if (visibility === "ambiguous") return;
    const faults = cluster.expected;
    for (const verdict of verdicts) {
      const isRight = faults.some((fault) => isSame(verdict, fault, cluster));
      if (verdict.kind !== "mtu") this.#count(isRight ? "right" : "wrong", verdict.kind);
    }
    if (visibility === "faint") return;
    for (const fault of faults) {
      const isFound = verdicts.some((verdict) => isSame(verdict, fault, cluster));
      this.#count(isFound ? "found" : "missed", fault.kind);
    }
  }

  /** All of them together. */
  static sum(scores: readonly Score[]): Score {
    const total = new Score();
    for (const score of scores) {
      for (const [key, times] of score.#counts) {
        total.#counts.set(key, (total.#counts.get(key) ?? 0) + times);
      }
      for (const [visibility, clusters] of score.#clusters) {
        total.#clusters.set(visibility, total.clusters(visibility) + clusters);
      }
    }
    return total;
  }

  /** So many clusters had such faults. */
  clusters(visibility: Visibility): number {
    return this.#clusters.get(visibility) ?? 0;
  }

  /** Clusters that were judged. */
  get judged(): number {
    return this.clusters("visible") + this.clusters("faint");
  }

  precision(kinds: readonly VerdictKind[] = verdictKinds): number {
    const right = this.#sum("right", kinds);
    return right / (right + this.#sum("wrong", kinds));
  }

  recall(kinds: readonly VerdictKind[] = verdictKinds): number {
    const found = this.#sum("found", kinds);
    return found / (found + this.#sum("missed", kinds));
  }

  #count(what: Count, kind: VerdictKind): void {
    this.#counts.set(`${what} ${kind}`, this.#sum(what, [kind]) + 1);
  }

  #sum(what: Count, kinds: readonly VerdictKind[]): number {
    return kinds.reduce((total, kind) => total + (this.#counts.get(`${what} ${kind}`) ?? 0), 0);
  }
}

/** Precision and recall as a table in Markdown: all kinds together, and each. */
export function scoreTable(scores: readonly (readonly [string, Score])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const ratio = (value: number) => Number.isNaN(value) ? "" : value.toFixed(3);
  const both = (score: Score, kinds?: readonly VerdictKind[]) =>
    [score.precision(kinds), score.recall(kinds)].map(ratio).join(" ");
  const heads = ["clusters", "judged", "ambiguous", "all kinds", ...verdictKinds];
  return row(heads) + row(heads.map(() => "---")) +
    scores.map(([name, score]) =>
      row([
        name,
        `${score.clusters("visible")} + ${score.clusters("faint")} faint`,
        String(score.clusters("ambiguous")),
        both(score),
        ...verdictKinds.map((kind) => both(score, [kind])),
      ])
    ).join("");
}

/** Whether the verdict names the fault, and the direction where it has one. */
function isSame(verdict: Verdict, fault: Fault, cluster: DrawnCluster): boolean {
  if (verdict.kind !== fault.kind) return false;
  if (verdict.kind === "path") return areGroupsOf(verdict, fault, evidentMembers(cluster, fault));
  const oneWay = verdict.kind === "link" ? verdict.oneWay : undefined;
  if (oneWay?.source !== fault.oneWay?.[0]) return false;
  return namesOf(verdict).join() === fault.who.join();
}

/** A node whose pairs do not show that it is on a side may stand in either group or in none. */
function areGroupsOf(
  { groups }: PathVerdict,
  { path }: Fault,
  evident: ReadonlySet<string>,
): boolean {
  const shown = (names: readonly string[]) =>
    names.filter((name) => evident.has(name)).sort().join();
  const found = groups.map(shown).sort();
  return found.length === 2 && found.join("|") === path?.groups.map(shown).sort().join("|");
}

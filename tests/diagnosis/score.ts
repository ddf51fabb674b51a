/** Counts verdicts that are right, wrong and missing, by kind. @module */

import { verdictKinds } from "../../src/diagnosis/report.ts";
import type { Verdict, VerdictKind } from "../../src/diagnosis/report.ts";
import type { Fault } from "./simulator.ts";
import type { Visibility } from "./visibility.ts";

/** Sums over many drawn clusters. */
export class Score {
  readonly #right = new Map<VerdictKind, number>();
  readonly #wrong = new Map<VerdictKind, number>();
  readonly #found = new Map<VerdictKind, number>();
  readonly #missed = new Map<VerdictKind, number>();
  readonly #clusters = { visible: 0, faint: 0, ambiguous: 0 };
  #lossErrors = 0;

  /**
   * Counts the verdicts on one cluster. Of faint faults none need be named, but what is named must
   * be right all the same; ambiguous clusters are only counted.
   */
  add(visibility: Visibility, verdicts: readonly Verdict[], faults: readonly Fault[]): void {
    this.#clusters[visibility]++;
    if (visibility === "ambiguous") return;
    for (const verdict of verdicts) {
      const fault = faults.find((fault) => isSame(verdict, fault));
      count(fault ? this.#right : this.#wrong, verdict.kind);
      if (fault) this.#lossErrors += Math.abs(verdict.loss - fault.loss) / fault.loss;
    }
    if (visibility === "faint") return;
    for (const fault of faults) {
      const found = verdicts.some((verdict) => isSame(verdict, fault));
      count(found ? this.#found : this.#missed, fault.kind);
    }
  }

  /** Clusters that were judged. */
  get judged(): number {
    return this.#clusters.visible + this.#clusters.faint;
  }

  precision(kinds: readonly VerdictKind[] = verdictKinds): number {
    const right = sum(this.#right, kinds);
    return right / (right + sum(this.#wrong, kinds));
  }

  recall(kinds: readonly VerdictKind[] = verdictKinds): number {
    const found = sum(this.#found, kinds);
    return found / (found + sum(this.#missed, kinds));
  }

  /** A table for the reader of the test's output. */
  table(title: string): string {
    const { visible, faint, ambiguous } = this.#clusters;
    const error = this.#lossErrors / sum(this.#right, verdictKinds);
    const row = (name: string, kinds: readonly VerdictKind[]) =>
      `  ${name.padEnd(12)} precision ${this.precision(kinds).toFixed(4)} ` +
      `recall ${this.recall(kinds).toFixed(4)} right ${sum(this.#right, kinds)} ` +
      `wrong ${sum(this.#wrong, kinds)} missed ${sum(this.#missed, kinds)}\n`;
    return `${title}: ${visible} clusters with visible faults or none, ${faint} with faint ones, ` +
      `${ambiguous} ambiguous ones left out; mean error of the loss ${
        (100 * error).toFixed(1)
      } %\n` +
      verdictKinds.map((kind) => row(kind, [kind])).join("") + row("all", verdictKinds);
  }
}

function isSame(verdict: Verdict, fault: Fault): boolean {
  const who = verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
  return verdict.kind === fault.kind && who.join() === fault.who.join();
}

function count(counts: Map<VerdictKind, number>, kind: VerdictKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<VerdictKind, number>, kinds: readonly VerdictKind[]): number {
  return kinds.reduce((total, kind) => total + (counts.get(kind) ?? 0), 0);
}

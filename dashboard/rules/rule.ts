/** Rules of Prometheus as data. @module */

/** A rule that records a series. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alert. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A group: its rules are evaluated one after the other, each seeing those before it. */
export interface RuleGroup {
  readonly name: string;
  /** Time between two evaluations; Prometheus's own when left out. */
  readonly interval?: string;
  readonly rules: readonly (RecordingRule | AlertRule)[];
}

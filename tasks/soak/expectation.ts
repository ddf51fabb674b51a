/** What was counted of a pair while it was watched, and what its counters must say. @module */

/** What one agent said at one time. */
export interface AgentReading {
  readonly source: string;
  /** Changes when the agent starts again, from zero. */
  readonly incarnation: string;
  /** Unix time of the reading, by the agent's clock. */
  readonly atSeconds: number;
  /** By destination. */
  readonly counts: ReadonlyMap<string, Count>;
}

/** Totals of a pair since its agent's start. */
export interface Count {
  readonly sent: number;
  readonly received: number;
}

/** A time without a gap in which the pair was watched by one incarnation of its agent. */
export interface Stretch {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly sent: number;
  readonly lost: number;
}

/** All that is known of a pair. */
export interface Track {
  readonly source: string;
  readonly destination: string;
  readonly stretches: readonly Stretch[];
  /** True when a counter fell although the agent did not start again. */
  readonly wentBack: boolean;
}

/**
 * Follows every pair through the readings, which stand in the order of time. What an agent counted
 * between its last reading and its death nobody knows; and nothing is taken as counted before the
 * first reading of an incarnation that has the pair.
 */
export function tracksOf(readings: readonly AgentReading[]): readonly Track[] {
  const tracks = new Map<string, Track>();
  const latest = new Map<string, AgentReading>();
  for (const reading of readings) {
    const earlier = latest.get(reading.source);
    latest.set(reading.source, reading);
    for (const [destination, count] of reading.counts) {
      const key = `${reading.source} ${destination}`;
      const before = earlier?.incarnation === reading.incarnation
        ? earlier.counts.get(destination)
        : undefined;
      const track = tracks.get(key) ??
        { source: reading.source, destination, stretches: [], wentBack: false };
      tracks.set(
        key,
        before === undefined || earlier === undefined
          ? begun(track, reading.atSeconds)
          : continued(track, before, count, reading.atSeconds),
      );
    }
  }
  return [...tracks.values()];
}

function begun(track: Track, atSeconds: number): Track {
  const stretch = { fromSeconds: atSeconds, toSeconds: atSeconds, sent: 0, lost: 0 };
  return { ...track, stretches: [...track.stretches, stretch] };
}

function continued(track: Track, before: Count, now: Count, atSeconds: number): Track {
  const last = track.stretches.at(-1);
  if (last === undefined) throw new Error("A pair was read before it began");
  const sent = now.sent - before.sent;
  const received = now.received - before.received;
  const longer = {
    fromSeconds: last.fromSeconds,
    toSeconds: atSeconds,
    sent: last.sent + sent,
    lost: last.lost + sent - received,
  };
  return {
    ...track,
    stretches: [...track.stretches.slice(0, -1), longer],
    wentBack: track.wentBack || sent < 0 || received < 0,
  };
}

/** When something happened, as far as it is known: between asking for it and its being done. */
export interface Moment {
  readonly earliestSeconds: number;
  readonly latestSeconds: number;
}

/** A time in which round trips were lost. */
export interface LossWindow {
  /** One node: all its pairs, both ways. Two: the two pairs of their link. */
  readonly nodes: readonly string[];
  /** Part of the round trips that is lost. */
  readonly share: number;
  readonly begin: Moment;
  readonly end: Moment;
}

/** What a count may be. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What the expectation of probes sent rests on. */
export interface Pace {
  readonly periodSeconds: number;
  /** How often the list of nodes changed: fping is started anew before the old one is stopped. */
  readonly listChanges: number;
}

/** What is allowed beyond the arithmetic. */
export const bounds = {
  /** Probes on their way, and their phase, at both ends of a stretch. */
  sentPerStretch: 4,
  /** Probes of the old fping while the new one runs already. */
  sentPerListChange: 3,
  /** How much slower than asked fping may be: it loses a little at each wake-up. */
  sentShare: 0.002,
  /** Probes at both edges of a window. */
  lostPerWindow: 2,
  /** Deviations of a binomial distribution, where a part is lost by chance. */
  deviations: 3.5,
} as const;

/** How many probes the agent must have sent while it was watched. */
export function expectedSent({ stretches }: Track, { periodSeconds, listChanges }: Pace): Range {
  const exact = stretches.reduce((sum, stretch) => sum + lengthOf(stretch), 0) / periodSeconds;
  const edges = bounds.sentPerStretch * stretches.length;
  return {
    low: Math.max(0, Math.floor(exact * (1 - bounds.sentShare) - edges)),
    high: Math.ceil(exact + edges + bounds.sentPerListChange * listChanges),
  };
}

/** How many of them must have been lost: none outside the windows. */
export function expectedLost(
  track: Track,
  windows: readonly LossWindow[],
  periodSeconds: number,
): Range {
  let low = 0;
  let high = 0;
  for (const window of windows) {
    if (!touches(window, track)) continue;
    const surely = watched(track, window.begin.latestSeconds, window.end.earliestSeconds);
    const perhaps = watched(track, window.begin.earliestSeconds, window.end.latestSeconds);
    if (perhaps === 0) continue;
    low += Math.max(0, lossOf(surely / periodSeconds, window.share, -1) - bounds.lostPerWindow);
    high += lossOf(perhaps / periodSeconds, window.share, 1) + bounds.lostPerWindow;
  }
  return { low: Math.floor(low), high: Math.ceil(high) };
}

/** Whether the window's nodes have to do with the pair. */
export function touches(window: LossWindow, { source, destination }: Track): boolean {
  const pair = [source, destination];
  return window.nodes.every((node) => pair.includes(node));
}

/** Whether the count is within the range. */
export function isWithin(count: number, { low, high }: Range): boolean {
  return low <= count && count <= high;
}

/** Seconds of the window in which the pair was watched. */
function watched({ stretches }: Track, fromSeconds: number, toSeconds: number): number {
  return stretches.reduce((sum, stretch) => {
    const from = Math.max(fromSeconds, stretch.fromSeconds);
    const to = Math.min(toSeconds, stretch.toSeconds);
    return sum + Math.max(0, to - from);
  }, 0);
}

function lossOf(probes: number, share: number, side: 1 | -1): number {
  const deviation = Math.sqrt(probes * share * (1 - share));
  return Math.max(0, probes * share + side * bounds.deviations * deviation);
}

function lengthOf({ fromSeconds, toSeconds }: Stretch): number {
  return toSeconds - fromSeconds;
}

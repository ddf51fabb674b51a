/** What was counted of one pair, and when it was watched, put together from many readings. @module */

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

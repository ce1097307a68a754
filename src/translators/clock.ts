/** What the header of an export packet says about all its records. */
export interface ExporterClock {
  /** Milliseconds from the exporter's start to this packet, modulo 2^32: it wraps in 50 days. */
  readonly sysUpTime: number;
  /** The same moment in milliseconds since the epoch. */
  readonly epochMs: number;
  /** How packets were chosen (NetFlow v5: 1 deterministic, 2 random); absent or 0 without. */
  readonly samplingAlgorithm?: number;
  /** One packet of how many was looked at; absent or 0 when the header does not say. */
  readonly samplingInterval?: number;
}

/**
 * The moment at which the exporter had been up for `upTime` milliseconds, in milliseconds since the
 * epoch. Both up-times count modulo 2^32, so the one nearer than 25 days is meant.
 */
export function epochOf(clock: ExporterClock, upTime: number): number {
  return clock.epochMs - ((clock.sysUpTime - upTime) | 0);
}

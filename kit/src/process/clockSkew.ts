import type { Clock } from './clock.ts';
import { Unavailable } from './refusal.ts';

/** The largest difference between the system's clock and the database's, in milliseconds. */
export const maxSkewMs = 120_000;

/**
 * A stored moment that lies further in the future than this, in milliseconds, was written by a wrong clock: two processes
 * that may act differ by at most twice `maxSkewMs`. Without this bound, work could wait for days until that moment.
 */
export const farAheadMs = 300_000;

/** How often the clocks are compared, in milliseconds. */
export const compareIntervalMs = 15_000;

/**
 * Says whether this process's clock can be trusted. A clock that is days ahead would close days and delete keys, sessions
 * and inbox rows, which cannot be undone. All processes of a service compare themselves with the clock of its database.
 * While the two disagree, a process answers reads and sends events, but changes nothing that depends on the time.
 */
export interface ClockSkew {
  /** The service whose database is compared with. */
  readonly service: string;
  /** Why this process must not act now, as a sentence; undefined while the clocks agree. */
  readonly outOfStep: string | undefined;
  /** How far this clock is ahead of the database's, in milliseconds; undefined until it has been measured. */
  readonly skewMs: number | undefined;
  /** Calls the listener when the clocks begin to disagree, and when they agree again. */
  onChange(listener: () => void): void;
  /** Stops comparing. */
  stop(): void;
}

/** @throws Unavailable while the clocks do not agree. */
export function assertInStep({ outOfStep }: ClockSkew): void {
  if (outOfStep)
    throw new Unavailable(`This cannot be done now: ${outOfStep}. Try again later.`, compareIntervalMs);
}

/**
 * Returns the time by the database's clock, for moments that processes write for each other. With its own clock, a relay
 * that is behind would send late, and one that is ahead would put deliveries off for the other relays.
 */
export const databaseNow = (clock: Clock, skew: ClockSkew) => (): Date =>
  new Date(clock.now().getTime() - (skew.skewMs ?? 0));

/** Stops a queue's worker from taking jobs while the clocks disagree; processes with a right clock take them. */
export function pauseWhileOutOfStep(
  worker: { pause(doNotWaitActive: boolean): Promise<void>; resume(): void },
  skew: ClockSkew,
): void {
  const adjust = () => {
    if (skew.outOfStep) void worker.pause(true);
    else worker.resume();
  };
  if (skew.outOfStep) adjust();
  skew.onChange(adjust);
}

import type { Clock } from './clock.ts';
import { Unavailable } from './refusal.ts';

/** How far the system's clock may be from the database's, in milliseconds. */
export const maxSkewMs = 120_000;

/**
 * A moment of the past that seems to lie further ahead than this, in milliseconds, was written by a clock that was wrong:
 * two processes that act are at most twice `maxSkewMs` apart. Whatever waits for such a moment to pass would wait for days.
 */
export const farAheadMs = 300_000;

/** How often the clocks are compared, in milliseconds. */
export const compareIntervalMs = 15_000;

/**
 * Whether this process's clock may be trusted. One that is days ahead would close days, delete keys and sessions, and
 * forget what may still be sent again, none of which can be undone. So while it is out of step with the clock that all
 * processes of a service share, its database's, a process reads and relays, and does nothing that a moment is kept of.
 */
export interface ClockSkew {
  /** Whose database it is. */
  readonly service: string;
  /** Why this process does not act now, as a sentence; undefined while the clocks agree. */
  readonly outOfStep: string | undefined;
  /** How far this clock is ahead of the database's, in milliseconds; undefined until it has been measured. */
  readonly skewMs: number | undefined;
  /** Calls back whenever `outOfStep` has changed. */
  onChange(listener: () => void): void;
  /** Compares no more. */
  stop(): void;
}

/** @throws Unavailable while the clocks do not agree. */
export function assertInStep({ outOfStep }: ClockSkew): void {
  if (outOfStep)
    throw new Unavailable(`This cannot be done now: ${outOfStep}. Try again later.`, compareIntervalMs);
}

/**
 * The moment by the database's clock, for what processes leave to each other in it: a relay that went by a clock that is
 * behind would wait before it sends, and by one that is ahead would not be followed by others for as long.
 */
export const databaseNow = (clock: Clock, skew: ClockSkew) => (): Date =>
  new Date(clock.now().getTime() - (skew.skewMs ?? 0));

/** Keeps a queue's worker from taking jobs while the clocks do not agree; processes with a right clock take them. */
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

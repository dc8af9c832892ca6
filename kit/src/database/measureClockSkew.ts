import { type Kysely, sql } from 'kysely';
import { type ClockSkew, compareIntervalMs, maxSkewMs } from '../process/clockSkew.ts';
import type { Log } from '../process/log.ts';

/** How often it is looked whether they have to be compared sooner: they never were, or this one was moved; in milliseconds. */
const lookIntervalMs = 1_000;

/** An answer that took longer than this says too little about when it was given, in milliseconds. */
const maxRoundTripMs = 5_000;

/** A `ClockSkew` that is measured. */
export interface MeasuredClockSkew extends ClockSkew {
  /** Compares the clocks now. */
  measure(): Promise<void>;
}

/**
 * Compares the system's clock with a database's, now and every 15 s. Until the database has answered once the process
 * does not act; after that, one that does not answer changes nothing. Between two answers the time that has passed is
 * known by the machine's monotonic clock, which nobody can set: a clock that is moved is out of step at that moment, not
 * only at the next answer, by when ten days may have been closed. A machine that was suspended looks the same until that answer, a second later.
 * @param options.service whose database it is, for sentences
 * @param options.systemNow the system's clock, in milliseconds since 1970; not the `Clock` that tests move
 */
export async function watchClockSkew<Tables>(options: {
  db: Kysely<Tables>;
  service: string;
  log: Log;
  systemNow?: () => number;
}): Promise<MeasuredClockSkew> {
  const { db, service, log, systemNow = Date.now } = options;
  const listeners: (() => void)[] = [];
  /** The database's clock at the zero of the monotonic one, in milliseconds since 1970. */
  let databaseZero: number | undefined;
  let measuredAt = Number.NEGATIVE_INFINITY;
  /** Whether the clocks agreed when it was last said; undefined until it has been. */
  let saidInStep: boolean | undefined;
  const skewMs = () =>
    databaseZero === undefined ? undefined : Math.round(systemNow() - performance.now() - databaseZero);
  const outOfStep = () => {
    const skew = skewMs();
    if (skew === undefined) return `the clock of ${service}'s database has not been asked yet`;
    return Math.abs(skew) > maxSkewMs ? sentenceOf(skew, service) : undefined;
  };
  const measure = async () => {
    const began = performance.now();
    const { rows } = await sql<{ now: number }>`
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db);
    const arrived = performance.now();
    if (arrived - began > maxRoundTripMs) return;
    // The answer was given about half-way between question and arrival.
    databaseZero = rows[0]!.now - (began + arrived) / 2;
    measuredAt = arrived;
    const why = outOfStep();
    const before = saidInStep;
    saidInStep = why === undefined;
    if (before === saidInStep) return;
    if (why) log.error(`${why}; until then this process changes nothing and is not ready`);
    else if (before === false)
      log.info(`this machine's clock agrees with that of ${service}'s database again`);
    for (const listener of listeners) listener();
  };
  const isDue = () =>
    performance.now() - measuredAt >= compareIntervalMs || saidInStep !== (outOfStep() === undefined);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const measureAndGoOn = async () => {
    // Other parts log that the database is away.
    if (isDue()) await measure().catch(() => undefined);
    if (!stopped) timer = setTimeout(measureAndGoOn, lookIntervalMs).unref();
  };
  await measureAndGoOn();
  return {
    service,
    get outOfStep() {
      return outOfStep();
    },
    get skewMs() {
      return skewMs();
    },
    onChange: (listener) => void listeners.push(listener),
    measure,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function sentenceOf(skewMs: number, service: string): string {
  const seconds = Math.abs(skewMs) / 1000;
  const far =
    seconds >= 172_800
      ? `${Math.round(seconds / 86_400)} days`
      : seconds >= 7_200
        ? `${Math.round(seconds / 3_600)} hours`
        : `${Math.round(seconds / 60)} minutes`;
  return `this machine's clock is ${far} ${skewMs > 0 ? 'ahead of' : 'behind'} that of ${service}'s database: set it right, as by NTP`;
}

import { type Kysely, sql } from 'kysely';
import { type ClockSkew, compareIntervalMs, maxSkewMs } from '../process/clockSkew.ts';
import type { Log } from '../process/log.ts';

/** How often we check whether the clock was moved, in milliseconds. */
const lookIntervalMs = 1_000;

/** An answer that took longer, in milliseconds, is too imprecise to compare with. */
const maxRoundTripMs = 5_000;

/**
 * Compares the system's clock with a database's, now and every 15 s. The process does not act until the database has
 * answered once; later answers that fail to come change nothing. Between two answers, the machine's monotonic clock, which
 * nothing can set, says how much time has passed: so a clock that is moved is out of step at once, and not at the next
 * answer, when ten days may have been closed. After a suspend the clocks also disagree, until the next answer, 1 s later.
 * `measure` compares now.
 * @param options.service the service of the database, for messages
 * @param options.systemNow the system's clock, in milliseconds since 1970; not the `Clock` that tests move
 */
export async function watchClockSkew<Tables>(options: {
  db: Kysely<Tables>;
  service: string;
  log: Log;
  systemNow?: () => number;
}): Promise<ClockSkew & { measure(): Promise<void> }> {
  const { db, service, log, systemNow = Date.now } = options;
  const listeners: (() => void)[] = [];
  /** The database's clock at the zero of the monotonic one, in milliseconds since 1970. */
  let databaseZero: number | undefined;
  let measuredAt = Number.NEGATIVE_INFINITY;
  /** What was logged last; undefined before the first time. */
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
    // The database read its clock about half-way between question and answer.
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

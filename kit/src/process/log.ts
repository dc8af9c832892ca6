import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/**
 * Creates the process's log: JSON lines, or one readable line per entry with `LOG_FORMAT=pretty`, which the supervisor sets.
 */
export function createLog(
  name: string,
  level: string,
  format = process.env.LOG_FORMAT,
  to: 'stdout' | 'stderr' = 'stdout',
): Log {
  const options = { name, level, redact: ['password', 'beakShape', '*.beakShape', 'authorization'] };
  const destination = to === 'stdout' ? 1 : 2;
  if (format !== 'pretty') return pino(options, pino.destination(destination));
  return pino(
    options,
    pretty({
      colorize: false,
      destination,
      sync: true,
      ignore: 'pid,hostname,time',
      singleLine: true,
      messageFormat: '{msg}',
    }),
  );
}

/** How often the same sentence is repeated, in milliseconds. */
const seldomMs = 10_000;

/** Logs at once and then at most every 10 s, for what each request would log while a store is away. */
export function seldom<Details extends unknown[]>(
  say: (...details: Details) => void,
): (...details: Details) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (...details) => {
    if (performance.now() - saidAt < seldomMs) return;
    saidAt = performance.now();
    say(...details);
  };
}

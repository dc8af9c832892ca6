import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/**
 * The process's log: JSON lines, or one readable line each where a person is watching
 * (`LOG_FORMAT=pretty`, which the supervisor sets).
 */
export function createLog(name: string, level: string, format = process.env.LOG_FORMAT): Log {
  const options = { name, level, redact: ['password', 'beakShape', '*.beakShape', 'authorization'] };
  if (format !== 'pretty') return pino(options);
  return pino(
    options,
    pretty({
      colorize: false,
      sync: true,
      ignore: 'pid,hostname,time',
      singleLine: true,
      messageFormat: '{msg}',
    }),
  );
}

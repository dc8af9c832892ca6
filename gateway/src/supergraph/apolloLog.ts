import type { Log } from '@ates/kit/process/log';

/** Writes Apollo's log lines to our log. An ordinary start matters only for debugging, so `info` becomes `debug`. */
export const apolloLog = (log: Log) => ({
  debug: (message?: unknown) => log.trace(String(message)),
  info: (message?: unknown) => log.debug(String(message)),
  warn: (message?: unknown) => log.warn(String(message)),
  error: (message?: unknown) => log.error(String(message)),
});

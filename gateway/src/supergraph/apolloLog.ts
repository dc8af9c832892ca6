import type { Log } from '@ates/kit/process/log';

/** Apollo's own log lines in ours; what it thinks worth telling of an ordinary start is for debugging only. */
export const apolloLog = (log: Log) => ({
  debug: (message?: unknown) => log.trace(String(message)),
  info: (message?: unknown) => log.debug(String(message)),
  warn: (message?: unknown) => log.warn(String(message)),
  error: (message?: unknown) => log.error(String(message)),
});

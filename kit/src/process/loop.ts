import type { ClockSkew } from './clockSkew.ts';
import type { Log } from './log.ts';

/** Something that is done every so often, and at once when woken. */
export interface Loop {
  /** Has it done as soon as the pass under way, if any, has ended. */
  wake(): void;
  /** Ends it, after the pass under way. */
  stop(): Promise<void>;
}

/**
 * Calls `run` at once, then every `intervalMs` and whenever it is woken, never twice at a time. This is the guarantee
 * behind every notification and job: whatever those lose, the next pass finds in the database. A failure is logged once,
 * with `what` as the sentence's subject, until it works again. With a `skew` it runs only while the clocks agree, and at
 * once when they agree again.
 */
export function startLoop(options: {
  what: string;
  intervalMs: number;
  run: () => Promise<unknown>;
  skew?: ClockSkew;
  log: Log;
}): Loop {
  const { what, intervalMs, run, skew, log } = options;
  let stopped = false;
  let woken = true;
  let failing = false;
  let endPause: (() => void) | undefined;
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, intervalMs);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const ended = (async () => {
    while (!stopped) {
      if (!woken) await pause();
      if (stopped) break;
      woken = false;
      if (skew?.outOfStep) continue;
      try {
        await run();
        if (failing) log.info(`${what} works again`);
        failing = false;
      } catch (error) {
        if (stopped) break;
        if (!failing) {
          log.warn(
            `${what} failed (${(error as Error).message}); it is tried again, and nothing is lost meanwhile`,
          );
          log.debug({ err: error }, 'what failed');
        }
        failing = true;
        // Not at once: what failed would most likely fail again.
        woken = false;
      }
    }
  })();
  const wake = () => {
    woken = true;
    endPause?.();
  };
  skew?.onChange(wake);
  return {
    wake,
    async stop() {
      stopped = true;
      endPause?.();
      await ended;
    },
  };
}

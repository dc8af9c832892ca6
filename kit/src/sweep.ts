import type { ClockSkew } from './clockSkew.ts';
import type { Log } from './log.ts';

/** Something that is done again and again, and at once when rung for. */
export interface Sweep {
  /** Runs as soon as the run under way, if any, has ended. */
  ring(): void;
  stop(): Promise<void>;
}

/**
 * Runs `sweep` every `intervalMs` and whenever it is rung, never twice at once. It is the guarantee behind every
 * doorbell and job: whatever those lose, the next sweep finds in the database. A failure is logged once, with `what`
 * as the sentence's subject, until it works again. With a `skew` it runs only while the clocks agree, and at once when
 * they agree again.
 */
export function startSweep(options: {
  what: string;
  intervalMs: number;
  sweep: () => Promise<void>;
  skew?: ClockSkew;
  log: Log;
}): Sweep {
  let stopped = false;
  let rung = true;
  let failing = false;
  let wake: (() => void) | undefined;
  const loop = (async () => {
    while (!stopped) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, options.intervalMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      if (stopped) break;
      rung = false;
      if (options.skew?.outOfStep) continue;
      try {
        await options.sweep();
        if (failing) options.log.info(`${options.what} works again`);
        failing = false;
      } catch (error) {
        if (stopped) break;
        const sentence = `${options.what} failed (${(error as Error).message}); it is tried again, and nothing is lost meanwhile`;
        if (!failing) {
          options.log.warn(sentence);
          options.log.debug({ err: error }, 'what failed');
        }
        failing = true;
        // Not at once: what failed would most likely fail again.
        rung = false;
      }
    }
  })();
  const ring = () => {
    rung = true;
    wake?.();
  };
  options.skew?.onChange(ring);
  return {
    ring,
    async stop() {
      stopped = true;
      wake?.();
      await loop;
    },
  };
}

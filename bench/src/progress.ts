import { Presets, SingleBar } from 'cli-progress';

/** A bar on a terminal's error output; nothing where that is no terminal. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

export function showProgress(what: string, total: number): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage} %`,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { update: (done) => bar.update(Math.min(done, total)), stop: () => bar.stop() };
}

/** A sentence about what is going on, beside the figures. */
export const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

import { Presets, SingleBar } from 'cli-progress';

/** A progress bar on the error output; nothing where that is no terminal. */
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

/** Writes a sentence about the progress to the error output, apart from the figures. */
export const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);

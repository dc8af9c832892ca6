import type { Clock } from '../process/clock.ts';
import { assertInStep, type ClockSkew, pauseWhileOutOfStep } from '../process/clockSkew.ts';
import type { Log } from '../process/log.ts';
import { type Loop, startLoop } from '../process/loop.ts';
import { Unavailable } from '../process/refusal.ts';
import type { Broker } from './broker.ts';

/**
 * The result of a batch of a durable run: there are more batches, the run has ended (or does not exist), or it waits for the
 * end of another run.
 */
export type BatchOutcome = 'more' | 'ended' | 'waits';

/** How often unfinished runs are looked for without being woken, in milliseconds. */
const intervalMs = 2_000;

/** After this long without progress, in milliseconds, another worker continues a run. */
const standstillMs = 5_000;

/** A kind of durable run: background work in batches. */
export interface Runs {
  /** The queue's name, also for log lines. */
  readonly name: string;
  /** Returns runs that wait to begin, or have made no progress since that moment. */
  findUnfinished(stillSince: Date): Promise<{ id: string; progressedAt: Date }[]>;
  /** Runs one batch and commits it; any result but `more` ends the job. */
  runBatch(id: string): Promise<BatchOutcome>;
}

/**
 * Carries out durable runs. A run is a row with a cursor; its job only says to continue it. A loop adds a job for each run
 * that waits or stands still, so neither a killed worker nor a wiped queue stops a run. Two workers on one run take turns,
 * since each batch locks the row.
 */
export function startRuns(options: Runs & { broker: Broker; clock: Clock; skew: ClockSkew; log: Log }): Loop {
  const { name, broker, clock, skew, log } = options;
  let stopping = false;
  // Right after a start no patience: the worker of an unfinished run was most likely this one's predecessor.
  let patienceMs = 0;
  const queue = broker.queue(name);
  const worker = broker.worker<{ id: string }, BatchOutcome | 'stopped'>(
    name,
    async ({ data }) => {
      while (!stopping) {
        assertInStep(skew);
        const outcome = await options.runBatch(data.id);
        if (outcome !== 'more') return outcome;
      }
      return 'stopped';
    },
    { concurrency: 1 },
  );
  pauseWhileOutOfStep(worker, skew);
  worker.on('failed', (job, error) => {
    // The clock skew has been logged already.
    if (error instanceof Unavailable) return;
    log.warn(
      { err: error },
      `${name}: a batch of ${job?.data.id} failed (${error.message}); it is tried again from its last commit`,
    );
  });
  const loop = startLoop({
    what: `looking for unfinished ${name}`,
    intervalMs,
    skew,
    log,
    run: async () => {
      const unfinished = await options.findUnfinished(new Date(clock.now().getTime() - patienceMs));
      patienceMs = standstillMs;
      for (const { id, progressedAt } of unfinished) {
        // A new job id each time a run stands still: its last job may belong to a worker that is gone.
        await queue.add(name, { id }, { jobId: `${id}-${progressedAt.getTime()}` });
      }
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      stopping = true;
      await loop.stop();
    },
  };
}

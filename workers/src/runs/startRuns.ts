import type { BatchOutcome } from '@ates/kit/batchOutcome';
import type { Broker } from '@ates/kit/broker';
import type { Clock } from '@ates/kit/clock';
import { assertInStep, type ClockSkew, pauseWhileOutOfStep } from '@ates/kit/clockSkew';
import type { Log } from '@ates/kit/log';
import { Unavailable } from '@ates/kit/refusal';
import { startSweep } from '@ates/kit/sweep';
import { standstillMs, sweepIntervalMs } from '../group.ts';

/**
 * Works off durable runs, such as reassignments: each is a row with a cursor, and a job is only a hint to go on with
 * it. A sweep enqueues whatever waits or stands still, so that neither a killed worker nor a wiped queue stops a run;
 * two workers on one run take turns at its row's lock.
 */
export function startRuns(options: {
  /** The queue's name; also what is logged. */
  name: string;
  broker: Broker;
  clock: Clock;
  skew: ClockSkew;
  log: Log;
  findUnfinished(stillSince: Date): Promise<{ id: string; progressedAt: Date }[]>;
  /** One committed batch; anything but `more` ends the job. */
  runBatch(id: string): Promise<BatchOutcome>;
}): { ring(): void; stop(): Promise<void> } {
  const { name, broker, clock, skew, log } = options;
  let stopping = false;
  // Right after a start, whatever is unfinished stands still: its worker was most likely this one's predecessor.
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
    // That the clocks do not agree has been said.
    if (error instanceof Unavailable) return;
    log.warn(
      { err: error },
      `${name}: a batch of ${job?.data.id} failed (${error.message}); it is tried again from its last commit`,
    );
  });
  const sweep = startSweep({
    what: `looking for unfinished ${name}`,
    intervalMs: sweepIntervalMs,
    skew,
    log,
    sweep: async () => {
      const unfinished = await options.findUnfinished(new Date(clock.now().getTime() - patienceMs));
      patienceMs = standstillMs;
      for (const { id, progressedAt } of unfinished) {
        // A new id per standstill: the job of the last one may hang with a worker that is gone.
        await queue.add(name, { id }, { jobId: `${id}-${progressedAt.getTime()}` });
      }
    },
  });
  return {
    ring: () => sweep.ring(),
    async stop() {
      stopping = true;
      await sweep.stop();
    },
  };
}

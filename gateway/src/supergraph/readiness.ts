import type { Log } from '@ates/kit/process/log';
import type { SubgraphDataSource } from './dataSource.ts';

/** The readiness of the gateway for requests. */
export interface Readiness {
  /** Returns true, or a sentence that says what is missing. */
  isReady(): true | string;
  /** Makes the gateway unready, so that new requests go elsewhere. */
  drain(): void;
  stop(): void;
}

const askEveryMs = 250;

/**
 * Watches the phases starting → ready → draining. Ready means that every subgraph has answered once. A subgraph that
 * fails later changes nothing: the gateway still answers for the others, and all its replicas would be unready at
 * once.
 */
export function watchReadiness(
  subgraphs: () => ReadonlyMap<string, SubgraphDataSource>,
  log: Log,
): Readiness {
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  const answered = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const missing = () => [...subgraphs().keys()].filter((name) => !answered.has(name));

  const ask = async () => {
    await Promise.all(
      missing().map(async (name) => {
        try {
          if (await subgraphs().get(name)?.isAnswering()) answered.add(name);
          else log.debug(`subgraph "${name}" answers with errors only`);
        } catch (error) {
          log.debug(`not ready: ${(error as Error).message}`);
        }
      }),
    );
    if (missing().length === 0) {
      if (phase === 'starting') phase = 'ready';
    } else if (!stopped) {
      timer = setTimeout(() => void ask(), askEveryMs).unref();
    }
  };
  void ask();

  return {
    isReady() {
      if (phase === 'draining')
        return 'stopping: requests under way are finished, new ones must go elsewhere';
      return phase === 'ready' || `not every subgraph has answered yet: waiting for ${missing().join(', ')}`;
    },
    drain() {
      phase = 'draining';
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

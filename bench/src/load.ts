import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** A GraphQL operation that is sent repeatedly. */
export interface Operation {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Returns the body; called for each request, so that a mutation may differ from the one before. */
  readonly body: () => string;
}

/** Returns a `body` that is the same for each request. */
export function fixedBody(query: string, variables: Record<string, unknown> = {}): () => string {
  const body = JSON.stringify({ query, variables });
  return () => body;
}

/** How long each request took, in milliseconds, and how long all took together, in seconds. */
export interface LoadResult {
  readonly latenciesMs: number[];
  readonly seconds: number;
}

export const perSecond = ({ latenciesMs, seconds }: LoadResult): number => latenciesMs.length / seconds;

/** Sends operations for some seconds. Each connection sends its next one as soon as the last was answered. */
export async function closedLoop(
  operation: Operation,
  options: { connections: number; seconds: number },
): Promise<LoadResult> {
  const agent = new Agent({ connections: options.connections, pipelining: 1 });
  try {
    const latenciesMs: number[] = [];
    const began = performance.now();
    const end = began + options.seconds * 1_000;
    const connection = async () => {
      while (performance.now() < end) latenciesMs.push((await send(agent, operation)).ms);
    };
    await Promise.all(Array.from({ length: options.connections }, connection));
    return { latenciesMs, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await agent.close();
  }
}

/** Sends so many operations. Each connection sends its next one as soon as the last was answered. */
export async function fixedCount(
  operation: Operation,
  options: { connections: number; count: number },
): Promise<LoadResult> {
  const agent = new Agent({ connections: options.connections, pipelining: 1 });
  try {
    const latenciesMs: number[] = [];
    let left = options.count;
    const began = performance.now();
    const connection = async () => {
      while (left-- > 0) latenciesMs.push((await send(agent, operation)).ms);
    };
    await Promise.all(Array.from({ length: options.connections }, connection));
    return { latenciesMs, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await agent.close();
  }
}

/**
 * Sends operations at a steady rate, whether or not earlier ones were answered, until `stop` returns true. A request's
 * time counts from when it was due, so that a wait for its turn counts too.
 */
export async function openLoop(
  operation: Operation,
  options: {
    perSecond: number;
    stop: () => boolean;
    onAnswer?: (answer: unknown, answeredAt: number) => void;
  },
): Promise<LoadResult> {
  const agent = new Agent({ connections: 64, pipelining: 1 });
  try {
    const latenciesMs: number[] = [];
    const underWay = new Set<Promise<void>>();
    const began = performance.now();
    for (let n = 0; !options.stop(); n++) {
      const due = began + (n * 1_000) / options.perSecond;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      const one = send(agent, operation).then(({ answer }) => {
        latenciesMs.push(performance.now() - due);
        options.onAnswer?.(answer, performance.now());
      });
      underWay.add(one);
      void one.finally(() => underWay.delete(one)).catch(() => undefined);
    }
    await Promise.all(underWay);
    return { latenciesMs, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await agent.close();
  }
}

/** Sends one operation. @throws where the answer is no success: a benchmark of refusals would look fast. */
async function send(agent: Agent, operation: Operation): Promise<{ answer: unknown; ms: number }> {
  const began = performance.now();
  const response = await request(operation.url, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...operation.headers },
    body: operation.body(),
  });
  const answer = (await response.body.json()) as { data?: unknown; errors?: unknown };
  if (response.statusCode !== 200 || answer.errors || !answer.data)
    throw new Error(`status ${response.statusCode}: ${JSON.stringify(answer).slice(0, 500)}`);
  return { answer: answer.data, ms: performance.now() - began };
}

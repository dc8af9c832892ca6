import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { QueryPlan } from '@apollo/query-planner';
import { GraphQLError, print } from 'graphql';
import { type Plan, PlanTooSlow } from './planner.ts';

/** A message to the thread. */
export type PlanningMessage =
  | { readonly kind: 'serve'; readonly supergraph: number; readonly sdl: string }
  | { readonly kind: 'forget'; readonly supergraph: number }
  | {
      readonly kind: 'plan';
      readonly id: number;
      readonly supergraph: number;
      readonly query: string;
      readonly operationName: string | undefined;
    };

/** Its answer to `plan`: the plan as JSON, or why there is none. */
export type PlanningAnswer =
  | { readonly id: number; readonly plan: string }
  | { readonly id: number; readonly problem: string; readonly code?: string };

/** How long one operation may take to plan, in milliseconds, without its wait for others. */
const patienceMs = 10_000;
/** The most memory of the thread's objects, in MiB: a plan that needs more ends the thread, and not the gateway. */
const maxHeapMiB = 512;

/** Starts the thread's code. From sources, as in tests, it loads `tsx` first: Node 20 runs no TypeScript by itself. */
function startWorker(options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./planningWorker.js', import.meta.url), options);
  const packageOfLoader = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const loader = new URL('dist/esm/api/index.mjs', packageOfLoader).href;
  const module = new URL('./planningWorker.ts', import.meta.url).href;
  const code = `import('${loader}').then(({ register }) => { register(); return import('${module}'); });`;
  return new Worker(code, { ...options, eval: true, execArgv: [] });
}

interface Waiting {
  readonly message: PlanningMessage;
  resolve(plan: QueryPlan): void;
  reject(error: Error): void;
}

/**
 * Plans in a thread of its own. A plan takes from 3 to hundreds of milliseconds, in which nobody else would be answered.
 * There is one thread per process, since most of the memory that it takes is code. It starts with the first supergraph.
 */
class PlanningThread {
  #worker: Worker | undefined;
  readonly #supergraphs = new Map<number, string>();
  readonly #waiting = new Map<number, Waiting>();
  #watchdog: NodeJS.Timeout | undefined;
  #lastId = 0;

  /** Prepares for a supergraph. Call `close` once nothing of it is planned any more. */
  serve(sdl: string): { readonly plan: Plan; close(): void } {
    const supergraph = ++this.#lastId;
    this.#supergraphs.set(supergraph, sdl);
    if (this.#worker) this.#post({ kind: 'serve', supergraph, sdl });
    else this.#start();
    return {
      plan: (document, operationName) =>
        new Promise((resolve, reject) => {
          const id = ++this.#lastId;
          const message = { kind: 'plan', id, supergraph, query: print(document), operationName } as const;
          this.#waiting.set(id, { message, resolve, reject });
          this.#post(message);
          if (this.#waiting.size === 1) this.#watch();
        }),
      close: () => {
        this.#supergraphs.delete(supergraph);
        if (this.#worker) this.#post({ kind: 'forget', supergraph });
      },
    };
  }

  #post(message: PlanningMessage): void {
    (this.#worker ?? this.#start()).postMessage(message);
  }

  #start(): Worker {
    const started = startWorker({ resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB } });
    this.#worker = started;
    started.unref();
    started.on('message', (answer: PlanningAnswer) => this.#take(answer));
    started.on('error', (error) => {
      if (this.#worker === started) this.#giveUp(error);
    });
    for (const [supergraph, sdl] of this.#supergraphs)
      started.postMessage({ kind: 'serve', supergraph, sdl });
    return started;
  }

  #take(answer: PlanningAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    this.#watch();
    if (!waiting) return;
    if ('plan' in answer) waiting.resolve(JSON.parse(answer.plan));
    else
      waiting.reject(
        new GraphQLError(answer.problem, answer.code ? { extensions: { code: answer.code } } : {}),
      );
  }

  /** Allows the operation that is planned now its time: the thread takes them in the order in which they came. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#waiting.size > 0)
      this.#watchdog = setTimeout(() => this.#giveUp(new PlanTooSlow()), patienceMs).unref();
  }

  /** Refuses the operation that is planned now, ends the thread, and has another one plan those that wait. */
  #giveUp(why: Error): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    const [late] = this.#waiting;
    if (late) {
      this.#waiting.delete(late[0]);
      late[1].reject(why);
    }
    for (const { message } of this.#waiting.values()) this.#post(message);
    this.#watch();
  }
}

/** This process's thread. */
export const planningThread = new PlanningThread();

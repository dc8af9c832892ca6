import { type BenchCompany, openCompany } from './company.ts';
import type { Backend, Figure } from './figures.ts';

/** What a benchmark is given. */
export interface BenchContext {
  readonly backend: Backend;
  /** Shrinks everything, to see that it runs: no figures to go by. */
  readonly quick: boolean;
  /** Only this many tasks, where a benchmark goes through several sizes. */
  readonly tasks: number | undefined;
  /** Also says where the time went: the dearest statements, and each process's processor time. */
  readonly explain: boolean;
  /**
   * A company of 1,000 employees, opened at the first call and shared by the benchmarks of one backend, so that a
   * million tasks are put up once.
   */
  company(): Promise<BenchCompany>;
  /** Measured once and kept for the other backend: what does not depend on where the queues live. */
  once<Value>(name: string, measure: () => Promise<Value>): Promise<Value>;
}

/** A benchmark: measures, and hands back what it found. */
export type Benchmark = (context: BenchContext, report: (figure: Figure) => void) => Promise<void>;

/** The shared company of one backend, and its end. */
export function shareCompany(
  backend: Backend,
  quick: boolean,
): Pick<BenchContext, 'company'> & { close(): Promise<void> } {
  let opened: Promise<BenchCompany> | undefined;
  return {
    company() {
      opened ??= openCompany(backend, quick ? 50 : 1_000);
      return opened;
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
      opened = undefined;
    },
  };
}

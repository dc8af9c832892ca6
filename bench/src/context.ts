import { type BenchCompany, openCompany } from './company.ts';
import type { Backend, Figure } from './figures.ts';

/** The values that a benchmark gets. */
export interface BenchContext {
  readonly backend: Backend;
  /** Makes everything small, to see that it runs: its figures mean nothing. */
  readonly quick: boolean;
  /** The only number of tasks to measure, where a benchmark measures several. */
  readonly tasks: number | undefined;
  /** Also prints the most expensive statements and the processor time of each process. */
  readonly explain: boolean;
  /** Also measures the other gateways in `bench/peers`. */
  readonly peers: boolean;
  /**
   * Returns a company of 1,000 employees. It is opened at the first call and shared by the benchmarks of one backend,
   * so that a million tasks are made only once.
   */
  company(): Promise<BenchCompany>;
  /** Measures once what does not depend on the backend, and keeps the value for the other backend. */
  once<Value>(name: string, measure: () => Promise<Value>): Promise<Value>;
}

/** A benchmark: measures, and reports each figure. */
export type Benchmark = (context: BenchContext, report: (figure: Figure) => void) => Promise<void>;

/** Opens the shared company of one backend at the first call, and closes it. */
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

import Table from 'cli-table3';

/** What one measurement found. Names are for people; the JSON line carries the same. */
export interface Figure {
  readonly bench: string;
  /** What was measured, such as `1,000,000 tasks, pass 2`. */
  readonly what: string;
  /** Where the queues lived; null where they play no part. */
  readonly backend: Backend | null;
  /** Values by name, with the unit in the name, such as `tasks/s` or `p50 ms`. */
  readonly values: Readonly<Record<string, number>>;
  /** What the values are compared with, measured in the same run: name, value of the yardstick, and the ratio. */
  readonly yardsticks?: readonly Yardstick[];
  /** The highest resident memory of each process since the measurement began, in MiB. */
  readonly peakMiB?: Readonly<Record<string, number>>;
}

export type Backend = 'redis' | 'postgresql';

export interface Yardstick {
  readonly name: string;
  readonly value: number;
  /** Ours against the yardstick: 1 is as good, higher is better for rates, lower for times. */
  readonly ratio: number;
}

/** A number as people read it: three significant digits, thousands apart. */
export const readable = (value: number): string =>
  value >= 1_000
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** Prints a figure as a JSON line, for machines, as soon as it is known. */
export function printLine(figure: Figure): void {
  console.log(JSON.stringify(figure));
}

/** All figures as a table, for people. */
export function tableOf(figures: readonly Figure[]): string {
  const table = new Table({
    head: ['bench', 'what', 'queues', 'figures', 'yardstick → ratio', 'peak MiB'],
    style: { head: [], border: [], compact: true },
  });
  for (const figure of figures) {
    table.push([
      figure.bench,
      figure.what,
      figure.backend ?? '–',
      Object.entries(figure.values)
        .map(([name, value]) => `${readable(value)} ${name}`)
        .join('\n'),
      (figure.yardsticks ?? [])
        .map(({ name, value, ratio }) => `${name}: ${readable(value)} → ${ratio.toFixed(2)}`)
        .join('\n'),
      Object.entries(figure.peakMiB ?? {})
        .map(([name, mib]) => `${name} ${Math.round(mib)}`)
        .join('\n'),
    ]);
  }
  return table.toString();
}

/** The value below which a share of all values lies, such as 0.99. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** Median and 99th percentile, named. */
export const spread = (name: string, values: readonly number[]): Record<string, number> => ({
  [`${name} p50 ms`]: quantile(values, 0.5),
  [`${name} p99 ms`]: quantile(values, 0.99),
});

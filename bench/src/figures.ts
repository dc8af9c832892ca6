import Table from 'cli-table3';

/** The result of one measurement. Its names are for people; the JSON line has the same names. */
export interface Figure {
  readonly bench: string;
  /** What was measured, such as `1,000,000 tasks, pass 2`. */
  readonly what: string;
  /** Where the queues were; null where they do not matter. */
  readonly backend: Backend | null;
  /** Values by name, with the unit in the name, such as `tasks/s` or `p50 ms`. */
  readonly values: Readonly<Record<string, number>>;
  /** The yardsticks that the values are compared with, measured by the same command. */
  readonly yardsticks?: readonly Yardstick[];
  /** The highest resident memory of each process since the measurement began, in MiB. */
  readonly peakMiB?: Readonly<Record<string, number>>;
}

export type Backend = 'redis' | 'postgresql';

export interface Yardstick {
  readonly name: string;
  readonly value: number;
  /** Our value divided by the yardstick's: 1 is equal; for rates higher is better, for times lower. */
  readonly ratio: number;
}

/** Formats a number for people: three significant digits, or whole with separated thousands. */
export const readable = (value: number): string =>
  value >= 1_000
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** Prints a figure as a JSON line, for machines, as soon as it is known. */
export function printLine(figure: Figure): void {
  console.log(JSON.stringify(figure));
}

/** Returns all figures as a table, for people. */
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

/** Returns the value below which a share of all values lies; the share is such as 0.99. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** Returns the median and the 99th percentile, by name. */
export const spread = (name: string, values: readonly number[]): Record<string, number> => ({
  [`${name} p50 ms`]: quantile(values, 0.5),
  [`${name} p99 ms`]: quantile(values, 0.99),
});

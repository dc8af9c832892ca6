import type { EntryRowFragment } from '../../generated/graph.ts';

const columns = ['day', 'occurredAt', 'kind', 'amount', 'balanceAfter', 'description'] as const;

/** Entries as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvOf(entries: readonly EntryRowFragment[]): string {
  const lines = entries.map((entry) =>
    columns.map((name) => cell(entry[name], name === 'description')).join(','),
  );
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function cell(value: string, isText: boolean): string {
  const safe = isText && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The days of a month such as `2026-02`, as `2026-02-01` and so on. */
export function daysOfMonth(month: string): string[] {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const length = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return Array.from({ length }, (_, at) => `${month}-${String(at + 1).padStart(2, '0')}`);
}

import { Group, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslations } from 'use-intl';

export interface Range {
  readonly from: string;
  readonly to: string;
}

const lengths = [7, 31, 92, 366] as const;
/** The most days that the graph returns at a time. */
const mostDays = 366;

const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** Returns the range of `days` days that ends with the day `to`. */
export const rangeUpTo = (to: string, days: number): Range => ({ from: plusDays(to, 1 - days), to });

const daysIn = ({ from, to }: Range): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

/** Lets the user choose a range of days: one of the usual lengths, or any two days. */
export function DayRange({
  value,
  today,
  onChange,
}: {
  value: Range;
  today: string;
  onChange: (range: Range) => void;
}) {
  const t = useTranslations();
  const usual = lengths.find((days) => value.to === today && daysIn(value) === days);
  return (
    <Group gap="sm" align="flex-end">
      <SegmentedControl
        aria-label={t('analytics.range')}
        value={usual === undefined ? '' : String(usual)}
        onChange={(days) => onChange(rangeUpTo(today, Number(days)))}
        data={lengths.map((days) => ({ value: String(days), label: t('analytics.days', { count: days }) }))}
      />
      <Day
        label={t('company.from')}
        value={value.from}
        min={plusDays(value.to, 1 - mostDays)}
        max={value.to}
        onChange={(from) => onChange({ ...value, from })}
      />
      <Day
        label={t('company.to')}
        value={value.to}
        min={value.from}
        max={[plusDays(value.from, mostDays - 1), today].sort()[0] as string}
        onChange={(to) => onChange({ ...value, to })}
      />
    </Group>
  );
}

/** The field for one end of a range. A day that is typed is used only when it is complete and valid. */
function Day({
  label,
  value,
  min,
  max,
  onChange,
}: {
  label: string;
  value: string;
  min: string;
  max: string;
  onChange: (day: string) => void;
}) {
  /** The text of the field while the user types. */
  const [typed, setTyped] = useState<string>();
  return (
    <TextInput
      type="date"
      label={label}
      min={min}
      max={max}
      value={typed ?? value}
      onChange={({ currentTarget: { value: day, validity } }) => {
        setTyped(day);
        if (day !== '' && validity.valid) onChange(day);
      }}
      onBlur={() => setTyped(undefined)}
    />
  );
}

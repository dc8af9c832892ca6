import { Group, SegmentedControl, TextInput } from '@mantine/core';
import { useTranslations } from 'use-intl';

export interface Range {
  readonly from: string;
  readonly to: string;
}

const lengths = [7, 31, 92, 366] as const;

/** So many days up to one, both ends included. */
export const rangeUpTo = (to: string, days: number): Range => ({
  from: new Date(Date.parse(`${to}T00:00:00Z`) - (days - 1) * 86_400_000).toISOString().slice(0, 10),
  to,
});

const daysIn = ({ from, to }: Range): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

/** A range of days: one of the usual ones, or any two days. */
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
      {(['from', 'to'] as const).map((end) => (
        <TextInput
          key={end}
          type="date"
          label={t(`company.${end}`)}
          value={value[end]}
          onChange={({ currentTarget: { value: day } }) => day !== '' && onChange({ ...value, [end]: day })}
        />
      ))}
    </Group>
  );
}

import { Text, type TextProps } from '@mantine/core';
import { useFormatter } from 'use-intl';

/** Returns the function that formats money: two decimal places; with `signed`, a plus sign for gains, too. */
export function useMoney(): (amount: string, options?: { signed?: boolean }) => string {
  const format = useFormatter();
  return (amount, { signed = false } = {}) =>
    format.number(Number(amount), {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
      signDisplay: signed ? 'exceptZero' : 'negative',
    });
}

/** An amount of money; a dash where it is null, which means that it is not available at the moment. */
export function Amount({
  value,
  signed = false,
  coloured = false,
  ...props
}: { value: string | null | undefined; signed?: boolean; coloured?: boolean } & TextProps) {
  const money = useMoney();
  if (value === null || value === undefined)
    return (
      <Text component="span" c="dimmed" {...props}>
        —
      </Text>
    );
  const colour =
    !coloured || Number(value) === 0 ? undefined : Number(value) < 0 ? 'var(--loss)' : 'var(--gain)';
  return (
    <Text
      component="span"
      {...props}
      {...(colour ? { c: colour } : {})}
      style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}
    >
      {money(value, { signed })}
    </Text>
  );
}

import { Text, type TextProps } from '@mantine/core';
import { useFormatter, useNow } from 'use-intl';

/** A moment, in the company's time zone; with `relative`, how long ago it was. */
export function Moment({ at, relative = false, ...props }: { at: string; relative?: boolean } & TextProps) {
  const format = useFormatter();
  const now = useNow({ updateInterval: 30_000 });
  const date = new Date(at);
  const whole = format.dateTime(date, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Text component="time" inherit {...props} {...{ dateTime: at, title: whole }}>
      {relative ? format.relativeTime(date, now) : whole}
    </Text>
  );
}

/** Returns the function that formats days. A day is a date in the company's calendar; no time zone shifts it. */
export function useDay(): (day: string, style?: 'short' | 'long') => string {
  const format = useFormatter();
  return (day, style = 'short') =>
    format.dateTime(new Date(`${day}T12:00:00Z`), {
      timeZone: 'UTC',
      ...(style === 'long'
        ? { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }
        : { day: 'numeric', month: 'short', year: 'numeric' }),
    });
}

import { Text, type TextProps } from '@mantine/core';
import { useFormatter, useNow } from 'use-intl';

/** A moment, in the company's zone; how long ago it was where that says more. */
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

/** How days are written. A day is one of the company's calendar, which no zone moves. */
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

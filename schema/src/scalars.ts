import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const refuse = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

function textScalar<Internal>(
  name: string,
  serialize: (value: unknown) => string,
  parse: (text: string) => Internal,
) {
  return new GraphQLScalarType<Internal, string>({
    name,
    serialize,
    parseValue: (value) => {
      if (typeof value !== 'string') throw refuse(`${name} must be a string.`);
      return parse(value);
    },
    parseLiteral: (node) => {
      if (node.kind !== Kind.STRING) throw refuse(`${name} must be a string.`);
      return parse(node.value);
    },
  });
}

/** A moment, as ISO 8601 in UTC. */
export const DateTime = textScalar(
  'DateTime',
  (value) => (value instanceof Date ? value.toISOString() : String(value)),
  (text) => {
    const moment = new Date(text);
    if (
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ||
      Number.isNaN(moment.getTime())
    ) {
      throw refuse(`"${text}" is not a moment like 2026-03-01T12:00:00Z.`);
    }
    return moment;
  },
);

/** True where a text is a calendar day that exists, from the year 1 on, as in databases. */
export function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return (
    /^(?!0000)\d{4}-\d\d-\d\d$/.test(text) &&
    !Number.isNaN(date.getTime()) &&
    date.toISOString().startsWith(text)
  );
}

/** A calendar day in the company's time zone, YYYY-MM-DD. */
export const DateScalar = textScalar('Date', String, (text) => {
  if (!isDay(text)) throw refuse(`"${text}" is not a day that exists; write it like 2026-03-01.`);
  return text;
});

/** Money: cents inside, a decimal string with two places outside. Never a float. */
export const Money = textScalar(
  'Money',
  (value) => formatCents(value as number),
  (text) => {
    const parts = /^(-?)(\d{1,11})\.(\d\d)$/.exec(text);
    if (!parts) throw refuse(`"${text}" is not an amount like 12.50.`);
    return (parts[1] ? -1 : 1) * (Number(parts[2]) * 100 + Number(parts[3]));
  },
);

/** Formats cents as a decimal string with two places: `-1250` becomes `-12.50`. */
export function formatCents(cents: number): string {
  if (!Number.isSafeInteger(cents)) throw new Error(`${cents} is no amount of cents`);
  const absolute = Math.abs(cents);
  return `${cents < 0 ? '-' : ''}${Math.floor(absolute / 100)}.${String(absolute % 100).padStart(2, '0')}`;
}

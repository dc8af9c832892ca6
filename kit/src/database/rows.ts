import { type RawBuilder, sql } from 'kysely';

/** What a column of many rows holds: PostgreSQL's type, and a value per row. */
export interface RowColumn {
  readonly type: string;
  readonly values: readonly (string | number | boolean | null)[];
}

const column =
  (type: string) =>
  (values: RowColumn['values']): RowColumn => ({ type, values });

export const uuids = column('uuid');
export const bigints = column('bigint');
export const integers = column('integer');
/** Calendar days, YYYY-MM-DD. */
export const dates = column('date');
/** Moments, ISO 8601. */
export const moments = column('timestamptz');
export const texts = column('text');
export const booleans = column('boolean');

/** Parts of a statement that reads rows. */
export interface Rows {
  /** The columns' names, as in `insert into t (…)`. */
  readonly names: RawBuilder<unknown>;
  /** The columns' values, as in `select …`. */
  readonly values: RawBuilder<unknown>;
  /** What they are selected from. */
  readonly from: RawBuilder<unknown>;
}

/**
 * Many rows for one statement, as a parameter per column: an order of magnitude less work than one per value. A column
 * whose value is the same in all rows travels once, not a thousand times, which can halve what a batch sends;
 * arrays of ids and numbers are joined, not escaped value by value, since nothing in them could need it.
 * @param columns by name; all of the same length, at least one
 */
export function rowsOf(columns: Readonly<Record<string, RowColumn>>): Rows {
  const names = Object.keys(columns);
  const varying: { name: string; array: RawBuilder<unknown> }[] = [];
  const values = names.map((name, at) => {
    const { type, values: given } = columns[name] as RowColumn;
    // The first column is always an array, so that there are as many rows as values.
    if (at > 0 && given.every((value) => value === given[0])) return sql`${given[0]}::${sql.raw(type)}`;
    varying.push({ name, array: sql`${arrayOf(type, given)}::${sql.raw(type)}[]` });
    return sql.ref(`r.${name}`);
  });
  return {
    names: sql.join(names.map((name) => sql.ref(name))),
    values: sql.join(values),
    from: sql`unnest(${sql.join(varying.map(({ array }) => array))}) as r (${sql.join(varying.map(({ name }) => sql.ref(name)))})`,
  };
}

/** The text of an array; where values may need escaping, the driver makes it. */
function arrayOf(type: string, values: RowColumn['values']): unknown {
  if (type === 'text') return values;
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** An array of ids as a parameter, for `= any(…)`. */
export const idArray = (ids: readonly string[]): RawBuilder<string> => sql`${arrayOf('uuid', ids)}::uuid[]`;

/** Any of some ids, for `where('id', '=', …)`: one statement for lists of every length, where `in` makes one for each. */
export const anyId = (ids: readonly string[]): RawBuilder<string> => sql`any(${idArray(ids)})`;

import { type RawBuilder, sql } from 'kysely';

/** A column of many rows: its PostgreSQL type, and a value per row. */
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

/** The parts of a statement that takes many rows. */
export interface Rows {
  /** The columns' names, as in `insert into t (…)`. */
  readonly names: RawBuilder<unknown>;
  /** The columns' values, as in `select …`. */
  readonly values: RawBuilder<unknown>;
  /** The source of the values, as in `from …`. */
  readonly from: RawBuilder<unknown>;
}

/**
 * Passes many rows to one statement with a parameter per column, which is ten times less work than a parameter per value.
 * A value that is the same in all rows is sent once, which can halve a batch. Ids and numbers are joined without escaping,
 * since they need none.
 * @param columns by name; at least one, all of the same length
 */
export function rowsOf(columns: Readonly<Record<string, RowColumn>>): Rows {
  const names = Object.keys(columns);
  const varying: { name: string; array: RawBuilder<unknown> }[] = [];
  const values = names.map((name, at) => {
    const { type, values: given } = columns[name] as RowColumn;
    // The first column is always an array: it makes the number of rows.
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

/** Returns an array as PostgreSQL reads it; where values may need escaping, the driver writes it. */
function arrayOf(type: string, values: RowColumn['values']): unknown {
  if (type === 'text') return values;
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** Returns an array of ids as one parameter, for `= any(…)`. */
export const idArray = (ids: readonly string[]): RawBuilder<string> => sql`${arrayOf('uuid', ids)}::uuid[]`;

/** For `where('id', '=', anyId(ids))`. Unlike `in`, the statement's text is the same for every number of ids. */
export const anyId = (ids: readonly string[]): RawBuilder<string> => sql`any(${idArray(ids)})`;

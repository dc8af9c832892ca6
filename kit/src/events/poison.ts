import { sqlState } from '../database/transactions.ts';
import { EventSchemaError } from '../database/unitOfWork.ts';
import { Refusal } from '../process/refusal.ts';

/**
 * True for SQLSTATEs that are about the fact: bad data (class 22), and rows that exist already, refer to nothing, or break a
 * check. Not 23502 (missing value) and not class 42: after a roll-out in the wrong order an older worker does not know a new
 * column, and all events would become dead letters.
 */
const isAboutTheFact = (state: string): boolean =>
  state.startsWith('22') || ['23503', '23505', '23514', '23P01'].includes(state);

/**
 * True for an error that would repeat for ever: a rule, an event's schema or the database refuses the fact. Everything else,
 * such as a lost connection, a time-out, a deadlock or a bug, is tried again without end.
 */
export function isPoison(error: unknown): boolean {
  return error instanceof Refusal || error instanceof EventSchemaError || databaseReason(error) !== undefined;
}

/**
 * Returns why the database refused a fact: SQLSTATE and constraint, such as `23514 no_ghosts`. Undefined for other errors.
 * Many facts with the same reason mean that the database is wrong, and not the facts.
 */
export function databaseReason(error: unknown): string | undefined {
  const state = sqlState(error);
  if (state === undefined || !isAboutTheFact(state)) return undefined;
  const { constraint } = error as { constraint?: string };
  return constraint === undefined ? state : `${state} ${constraint}`;
}

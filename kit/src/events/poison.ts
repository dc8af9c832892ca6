import { sqlState } from '../database/transactions.ts';
import { EventSchemaError } from '../database/unitOfWork.ts';
import { Refusal } from '../process/refusal.ts';

/**
 * What the database says about a fact and not about itself: bad data (class 22), and rows that would be there twice,
 * refer to nothing, or break a rule of their table. Missing values (23502) are not among them, nor is class 42: after a
 * roll-out in the wrong order an older worker does not know a new column, and would put the whole stream aside.
 */
const isAboutTheFact = (state: string): boolean =>
  state.startsWith('22') || ['23503', '23505', '23514', '23P01'].includes(state);

/**
 * True for an error that would repeat for ever: a rule or an event's schema refused, or the database refused the fact.
 * Everything else, such as a lost connection, a time-out, a deadlock or a bug, is tried again without end.
 */
export function isPoison(error: unknown): boolean {
  return error instanceof Refusal || error instanceof EventSchemaError || databaseReason(error) !== undefined;
}

/**
 * Why the database refused a fact: SQLSTATE and constraint, such as `23514 no_ghosts`. Undefined for all other errors.
 * Many facts that are refused for the same reason point to the database, not to each of them.
 */
export function databaseReason(error: unknown): string | undefined {
  const state = sqlState(error);
  if (state === undefined || !isAboutTheFact(state)) return undefined;
  const { constraint } = error as { constraint?: string };
  return constraint === undefined ? state : `${state} ${constraint}`;
}

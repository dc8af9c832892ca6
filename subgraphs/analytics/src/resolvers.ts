import { isId } from '@ates/kit/clock';
import { type InboxTables, listDeadLetters, requestResend } from '@ates/kit/inbox';
import { checkPageSize } from '@ates/kit/page';
import { Refusal } from '@ates/kit/refusal';
import { DateScalar, DateTime, Money } from '@ates/kit/scalars';
import type { Kysely } from 'kysely';
import type { Context } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { readDay, readDays, readMostExpensiveTask } from './usecases/readFigures.ts';

/** The dead letters' tables are the kit's, which knows no others. */
const lettersOf = ({ db }: Context) => db as unknown as Kysely<InboxTables>;

export const resolvers: Resolvers = {
  DateTime,
  Date: DateScalar,
  Money,
  Query: {
    analyticsDay: (_, { day }, { db, clock, timeZone }) => readDay(db, clock, timeZone, day ?? null),
    analyticsDays: (_, { from, to }, { db }) => readDays(db, { from, to }),
    mostExpensiveTask: (_, { period, on }, { db, clock, timeZone }) =>
      readMostExpensiveTask(db, clock, timeZone, period, on ?? null),
    analyticsDeadLetters: (_, { first }, context) =>
      listDeadLetters(lettersOf(context), checkPageSize(first)),
  },
  Mutation: {
    async resendAnalyticsDeadLetter(_, { id }, context) {
      if (!isId(id)) throw new Refusal('BAD_USER_INPUT', `"${id}" is not a dead letter's id.`);
      if (!(await requestResend(lettersOf(context), id, context.clock.now())))
        throw new Refusal('NOT_FOUND', `There is no dead letter ${id}; it may have been applied meanwhile.`);
      return true;
    },
  },
};

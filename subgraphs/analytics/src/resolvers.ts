import { listDeadLetters, requestResend } from '@ates/kit/inbox';
import { checkPageSize } from '@ates/kit/page';
import { DateScalar, DateTime, Money } from '@ates/kit/scalars';
import type { AnalyticsDay } from './domain/figures.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { readDay, readDays, readMostExpensiveTask } from './usecases/readFigures.ts';

export const resolvers: Resolvers = {
  DateTime,
  Date: DateScalar,
  Money,
  Query: {
    analyticsDay: (_, { day }, { db, clock, timeZone }) => readDay(db, clock, timeZone, day ?? null),
    analyticsDays: (_, { from, to }, { db, clock, timeZone }) => readDays(db, clock, timeZone, { from, to }),
    mostExpensiveTask: (_, { period, on }, { db, clock, timeZone }) =>
      readMostExpensiveTask(db, clock, timeZone, period, on ?? null),
    analyticsDeadLetters: (_, { first }, { db }) => listDeadLetters(db, checkPageSize(first)),
  },
  Mutation: {
    resendAnalyticsDeadLetter: (_, { id }, { db, clock }) => requestResend(db, id, clock.now()),
  },
  Subscription: {
    analyticsDayChanged: {
      subscribe: (_, __, { live }) => live.day.subscribe('today'),
      resolve: (day: AnalyticsDay) => day,
    },
  },
};

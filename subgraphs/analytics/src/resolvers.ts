import {
  discardDeadLetter,
  discardDeadLetters,
  listDeadLetters,
  requestResend,
  requestResendOfAll,
} from '@ates/kit/deadLetters';
import { discardHeldEvent, listHeldEvents } from '@ates/kit/heldEvents';
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
    analyticsDeadLetters: (_, { first, after, event }, { db }) =>
      listDeadLetters(db, checkPageSize(first), { after, event }),
    analyticsHeldEvents: (_, { first }, { db }) => listHeldEvents(db, checkPageSize(first)),
  },
  Mutation: {
    resendAnalyticsDeadLetter: (_, { id }, { db, clock }) => requestResend(db, id, clock.now()),
    resendAnalyticsDeadLetters: (_, { event }, { db, clock }) => requestResendOfAll(db, event, clock.now()),
    discardAnalyticsDeadLetter: (_, { id }, context) => discardDeadLetter(context.db, id, context),
    discardAnalyticsDeadLetters: (_, { event }, context) => discardDeadLetters(context.db, event, context),
    discardAnalyticsHeldEvent: (_, { id }, context) => discardHeldEvent(context.db, id, context),
  },
  Subscription: {
    analyticsDayChanged: {
      subscribe: (_, __, { live }) => live.day.subscribe('today'),
      resolve: (day: AnalyticsDay) => day,
    },
  },
};

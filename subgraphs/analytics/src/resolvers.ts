import {
  discardDeadLetter,
  discardDeadLetters,
  listDeadLetters,
  requestResend,
  requestResendOfAll,
} from '@ates/kit/events/deadLetters';
import { discardHeldEvent, listHeldEvents } from '@ates/kit/events/heldEvents';
import { checkPageSize } from '@ates/kit/graph/page';
import { DateScalar, DateTime, Money } from '@ates/schema/scalars';
import type { AnalyticsDay } from './domain/figures.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { readDay, readDays, readMostExpensiveTask } from './usecases/readFigures.ts';

export const resolvers: Resolvers = {
  DateTime,
  Date: DateScalar,
  Money,
  Query: {
    analyticsDay: (_, { day }, { database, timeZone }) => readDay(database, timeZone, day ?? null),
    analyticsDays: (_, { from, to }, { database, timeZone }) => readDays(database, timeZone, { from, to }),
    mostExpensiveTask: (_, { period, on }, { database, timeZone }) =>
      readMostExpensiveTask(database, timeZone, period, on ?? null),
    analyticsDeadLetters: (_, { first, after, event }, { database }) =>
      listDeadLetters(database.db, checkPageSize(first), { after, event }),
    analyticsHeldEvents: (_, { first }, { database }) => listHeldEvents(database.db, checkPageSize(first)),
  },
  Mutation: {
    resendAnalyticsDeadLetter: (_, { id }, { database }) => requestResend(database, id),
    resendAnalyticsDeadLetters: (_, { event }, { database }) => requestResendOfAll(database, event),
    discardAnalyticsDeadLetter: (_, { id }, context) => discardDeadLetter(context.database.db, id, context),
    discardAnalyticsDeadLetters: (_, { event }, context) =>
      discardDeadLetters(context.database.db, event, context),
    discardAnalyticsHeldEvent: (_, { id }, context) => discardHeldEvent(context.database, id, context),
  },
  Subscription: {
    analyticsDayChanged: {
      subscribe: (_, __, { live }) => live.day.subscribe('today'),
      resolve: (day: AnalyticsDay) => day,
    },
  },
};

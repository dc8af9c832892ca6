import { defineEvent } from '../src/event.ts';
import { cents, count, day, moment } from '../src/fields.ts';

/** A day's payout run is complete; its figures will not change any more (rules 11, 14). */
export const dayClosed = defineEvent({
  name: 'accounting.day_closed.v1',
  consumers: ['analytics'],
  fact: {
    day: day(),
    /** Accounts whose closing balance was below zero. */
    accountsInTheRed: count(),
    feesCents: cents(),
    rewardsCents: cents(),
    paidOutCents: cents(),
    payoutCount: count(),
    closedAt: moment(),
  },
});

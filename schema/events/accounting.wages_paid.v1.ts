import { defineEvent } from '../src/event.ts';
import { day, id, moment, positiveCents } from '../src/fields.ts';

/** A user was paid the balance of a closed day (rule 11). */
export const wagesPaid = defineEvent({
  name: 'accounting.wages_paid.v1',
  consumers: ['analytics', 'mailer'],
  fact: {
    payoutId: id(),
    accountId: id(),
    day: day(),
    amountCents: positiveCents(),
    paidAt: moment(),
  },
});

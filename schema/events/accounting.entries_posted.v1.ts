import { z } from 'zod';
import { defineEvent } from '../src/event.ts';
import { cents, count, day, id, moment } from '../src/fields.ts';

/** The ledger got a new entry, with the billing day it counts towards (rule 10) and the account's state after it. */
export const entriesPosted = defineEvent({
  name: 'accounting.entries_posted.v1',
  consumers: ['analytics'],
  fact: {
    entryId: id(),
    kind: z.enum(['ASSIGNMENT_FEE', 'COMPLETION_REWARD', 'PAYOUT']),
    accountId: id(),
    /** The entry's number within its account: 1, 2, 3 … */
    number: count(1),
    /** Signed: the change of the balance. */
    amountCents: cents(),
    balanceAfterCents: cents(),
    day: day(),
    taskId: id().nullable(),
    occurredAt: moment(),
  },
});

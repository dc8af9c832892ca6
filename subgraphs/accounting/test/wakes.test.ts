import { newId } from '@ates/kit/process/ids';
import pg from 'pg';
import { expect, test } from 'vitest';
import { asSuperuser } from '../../../tests/support/databases.ts';
import { openTestBooks } from '../../../tests/support/facts.ts';
import { closeDay } from '../src/usecases/closeDay.ts';
import { noteWagesPaid } from '../src/usecases/mailWages.ts';
import { runPayoutBatch } from '../src/usecases/runPayoutBatch.ts';

/** The loops that each use case wakes. Without a wake, a loop does the same at its next interval. */

test('a closed day and a run that ends wake the runs; wages that were paid wake the mailer', async () => {
  const { url, db, database, company, clock, close } = await openTestBooks('2026-11-20T10:00:00.000Z');
  const listener = new pg.Client(asSuperuser(url));
  const woken: string[] = [];
  listener.on('notification', ({ channel }) => woken.push(channel));
  try {
    await listener.connect();
    await listener.query('listen runs; listen mail');
    const run = await closeDay(database, company);
    await expect.poll(() => woken.splice(0)).toEqual(['runs']);
    expect(await runPayoutBatch(database, run.id)).toBe('ended');
    await expect.poll(() => woken.splice(0)).toEqual(['runs']);
    const payout = { id: newId(), accountId: newId(), day: run.day, amountCents: 100, paidAt: clock.now() };
    const facts = {
      payoutId: [payout.id],
      accountId: [payout.accountId],
      day: [payout.day],
      amountCents: [payout.amountCents],
      paidAt: [payout.paidAt.toISOString()],
    };
    await db
      .insertInto('account')
      .values({ id: payout.accountId, balance_cents: 0, last_number: 0 })
      .execute();
    await db
      .insertInto('payout')
      .values({
        ...{ id: payout.id, account_id: payout.accountId, day: payout.day },
        ...{ amount_cents: payout.amountCents, paid_at: payout.paidAt },
      })
      .execute();
    await database.transact((work) => noteWagesPaid(work, facts));
    await expect.poll(() => woken.splice(0)).toEqual(['mail']);
  } finally {
    await listener.end();
    await close();
  }
});

import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase } from '../../../tests/support/databases.ts';
import { accountingSchema } from '../src/migrations/schema.ts';

test('days that were there before they knew their numbers get those of their entries', async () => {
  const db = openTestDatabase<never>((await createEmptyDatabase()).migrationUrl);
  const run = (name: string) => accountingSchema.migrations[name]?.up(db as Kysely<never>);
  try {
    await run('0001_ledger_and_payouts');
    const account = randomUUID();
    // A late completion leaves such entries: the 20th has numbers 1 and 3, the 21st has 2.
    for (const [number, day] of [
      [1, '2026-11-20'],
      [2, '2026-11-21'],
      [3, '2026-11-20'],
    ] as const) {
      await sql`insert into ledger_entry (id, kind, account_id, debit_account, credit_account, amount_cents, number,
          balance_after_cents, day, occurred_at, posted_at, description)
        values (${randomUUID()}, 'PAYOUT', ${account}, ${account}, ${randomUUID()}, 100, ${number}, 0, ${day}::date,
          now(), now(), '')`.execute(db);
    }
    await sql`insert into account_day (account_id, day, fees_cents, rewards_cents, paid_out_cents)
      values (${account}, '2026-11-20', 0, 0, 200), (${account}, '2026-11-21', 0, 0, 100)`.execute(db);
    await run('0002_days_know_their_numbers');
    const { rows } = await sql`select day, first_number as first, last_number as last from account_day
      order by day`.execute(db);
    expect(rows).toEqual([
      { day: '2026-11-20', first: 1, last: 3 },
      { day: '2026-11-21', first: 2, last: 2 },
    ]);
  } finally {
    await db.destroy();
  }
});

import { accountingSchema } from '@ates/accounting/migrations/schema';
import type pg from 'pg';
import { type BenchCompany, settleStores } from '../company.ts';
import { say } from '../progress.ts';
import { createYardstickDatabase, dropYardstickDatabase, eachThousand, inTransaction } from './database.ts';

/** Accounts per second. */
export interface BarePayoutRates {
  readonly batched: number;
  readonly whole: number;
}

/** The yardstick of `payout`: writes the rows of a day's payout run, by set-based SQL on one connection. */
export async function bareSqlPayout(company: BenchCompany, size: number): Promise<BarePayoutRates> {
  const rates = { batched: 0, whole: 0 };
  for (const manner of ['batched', 'whole'] as const) {
    const client = await createYardstickDatabase(company, { accounting: accountingSchema });
    try {
      await creditEverybody(client, 'accounting', size);
      await settleStores([client]);
      const began = performance.now();
      const seconds =
        manner === 'batched'
          ? await eachThousand(client, { table: 'accounting.account', column: 'id' }, (range) =>
              inTransaction(client, statements(range)),
            )
          : await inTransaction(client, statements('true')).then(() => (performance.now() - began) / 1_000);
      rates[manner] = size / seconds;
      say(`bare SQL, ${manner}, ${size} accounts: ${Math.round(rates[manner])} accounts/s`);
    } finally {
      await client.end();
    }
  }
  await dropYardstickDatabase(company);
  return rates;
}

/** Makes `size` accounts with a completion reward of 25.00 each, as if posted today. */
export async function creditEverybody(client: pg.Client, schema: string, size: number): Promise<void> {
  await client.query(
    `with made as (select uuidv7() as account_id, uuidv7() as entry_id from generate_series(1, ${size})),
       accounts as (
         insert into ${schema}.account (id, balance_cents, last_number) select account_id, 2500, 1 from made
       ), days as (
         insert into ${schema}.account_day (account_id, day, fees_cents, rewards_cents, paid_out_cents,
           first_number, last_number)
         select account_id, current_date, 0, 2500, 0, 1, 1 from made
       )
     insert into ${schema}.ledger_entry (id, kind, account_id, debit_account, credit_account, amount_cents, number,
       balance_after_cents, day, occurred_at, posted_at, description, task_id)
     select entry_id, 'COMPLETION_REWARD', account_id, '00000000-0000-4000-8000-0000000000e0', account_id, 2500, 1,
       2500, current_date, now(), now(), 'Reward for a task that was done before', uuidv7() from made`,
  );
}

/** Returns the statements for the accounts in a range. An entry has its payout's id. */
function statements(range: string): string[] {
  const paid = `(select p.* from accounting.payout p where ${range.replaceAll(/\bid\b/g, 'p.account_id')}) p`;
  return [
    `insert into accounting.payout (id, account_id, day, amount_cents, paid_at)
     select uuidv7(), id, current_date, balance_cents, now() from accounting.account where balance_cents > 0 and ${range}`,
    `insert into accounting.ledger_entry (id, kind, account_id, debit_account, credit_account, amount_cents, number,
       balance_after_cents, day, occurred_at, posted_at, description)
     select p.id, 'PAYOUT', a.id, a.id, '00000000-0000-4000-8000-0000000000aa', p.amount_cents, a.last_number + 1, 0,
       current_date, now(), now(), 'Wages of a day, paid out'
     from ${paid} join accounting.account a on a.id = p.account_id`,
    `insert into accounting.account_day as d (account_id, day, fees_cents, rewards_cents, paid_out_cents,
       first_number, last_number)
     select a.id, current_date, 0, 0, p.amount_cents, a.last_number + 1, a.last_number + 1
     from ${paid} join accounting.account a on a.id = p.account_id
     on conflict (account_id, day) do update set paid_out_cents = d.paid_out_cents + excluded.paid_out_cents,
       last_number = excluded.last_number`,
    `update accounting.account a set balance_cents = a.balance_cents - p.amount_cents, last_number = a.last_number + 1
     from ${paid} where a.id = p.account_id`,
  ];
}

import { type Kysely, sql } from 'kysely';
import type { CompanyDay } from './domain/company.ts';
import type { AccountingTables } from './tables.ts';

type Db = Kysely<AccountingTables>;

/** The company's books, as stored in their one row. */
interface KeptCompany {
  readonly firstDay: string;
  readonly priceKey: string;
}

/** Returns the books; undefined where they have never been opened. */
export async function findCompany(db: Db): Promise<KeptCompany | undefined> {
  return db
    .selectFrom('company')
    .select(['first_day as firstDay', 'price_key as priceKey'])
    .executeTakeFirst();
}

/** Opens the books, unless another process has opened them. Returns the stored ones. */
export async function insertCompany(db: Db, company: KeptCompany): Promise<KeptCompany> {
  await sql`insert into company (first_day, price_key) values (${company.firstDay}, ${company.priceKey})
    on conflict do nothing`.execute(db);
  return (await findCompany(db)) as KeptCompany;
}

/** Returns the company's figures of days: those that a complete run has stored, else the sums of the accounts. */
export async function sumCompanyDays(db: Db, days: readonly string[]): Promise<CompanyDay[]> {
  const { rows } = await sql<CompanyDay>`
    with asked as (select day from unnest(${days}::date[]) as asked (day)),
    closed as (
      select day, fees_cents, rewards_cents, paid_total_cents from payout_run
      where status = 'COMPLETED' and day = any(${days}::date[])
    ), still_open as (
      select d.day, sum(d.fees_cents)::bigint as fees_cents, sum(d.rewards_cents)::bigint as rewards_cents,
        sum(d.paid_out_cents)::bigint as paid_out_cents
      from account_day d
      where d.day = any(array(select day from asked except select day from closed)) group by d.day
    )
    select asked.day, c.day is not null as closed,
      coalesce(c.fees_cents, o.fees_cents, 0) as "feesCents",
      coalesce(c.rewards_cents, o.rewards_cents, 0) as "rewardsCents",
      coalesce(c.paid_total_cents, o.paid_out_cents, 0) as "paidOutCents"
    from asked left join closed c on c.day = asked.day left join still_open o on o.day = asked.day
    order by asked.day desc`.execute(db);
  return rows;
}

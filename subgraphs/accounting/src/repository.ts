import { anyId, bigints, idArray, rowsOf, uuids } from '@ates/kit/database/rows';
import type { UserState } from '@ates/kit/graph/caller';
import type { Role } from '@ates/schema/access';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { CompanyDay } from './domain/company.ts';
import type { Price } from './domain/price.ts';
import type { AccountingTables } from './tables.ts';

type Db = Kysely<AccountingTables>;
type Trx = Transaction<AccountingTables>;

/** A user as accounting keeps them. */
export interface UserCopy extends UserState<Role> {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Keeps what is newer than what is kept (rule 2). Each user once, in the order of their ids. */
export async function upsertUsers(trx: Trx, users: readonly UserCopy[]): Promise<void> {
  await sql`insert into user_copy as u (id, version, name, email, role, active)
    select * from unnest(
      ${users.map((user) => user.id)}::uuid[],
      ${users.map((user) => user.version)}::int[],
      ${users.map((user) => user.name)}::text[],
      ${users.map((user) => user.email)}::text[],
      ${users.map((user) => user.role)}::text[],
      ${users.map((user) => user.active)}::bool[]
    )
    on conflict (id) do update set version = excluded.version, name = excluded.name, email = excluded.email,
      role = excluded.role, active = excluded.active
    where u.version < excluded.version`.execute(trx);
}

/** A user's role and whether they are active, as far as accounting has heard. */
export async function findUserStates(
  db: Db,
  ids: readonly string[],
): Promise<(UserState<Role> & { id: string })[]> {
  return db
    .selectFrom('user_copy')
    .select(['id', 'role', 'active', 'version'])
    .where('id', '=', anyId(ids))
    .execute();
}

/** The prices that are stored, as columns: a third of the work of a thousand rows. */
export async function findPrices(db: Db, taskIds: readonly string[]): Promise<Price[]> {
  const { rows } = await sql<{ prices: PriceColumns | null }>`
    select json_build_object('taskId', json_agg(task_id), 'feeCents', json_agg(fee_cents),
      'rewardCents', json_agg(reward_cents)) as prices
    from task_price where task_id = any(${idArray(taskIds)})`.execute(db);
  const { taskId, feeCents, rewardCents } = rows[0]?.prices ?? {};
  return (taskId ?? []).map((id, at) => ({
    taskId: id,
    feeCents: feeCents?.[at] as number,
    rewardCents: rewardCents?.[at] as number,
  }));
}

type PriceColumns = { taskId?: string[] | null; feeCents?: number[] | null; rewardCents?: number[] | null };

/**
 * Stores prices that nobody else has stored, in the order of the tasks' ids. True where it stored them all; where not,
 * what counts is what is stored.
 */
export async function insertPrices(db: Db, prices: readonly Price[]): Promise<boolean> {
  const rows = rowsOf({
    task_id: uuids(prices.map((price) => price.taskId)),
    fee_cents: bigints(prices.map((price) => price.feeCents)),
    reward_cents: bigints(prices.map((price) => price.rewardCents)),
  });
  const { numAffectedRows } = await sql`
    insert into task_price (${rows.names}) select ${rows.values} from ${rows.from}
    on conflict (task_id) do nothing`.execute(db);
  return numAffectedRows === BigInt(prices.length);
}

/** The company's books, as its one row keeps them. */
interface Company {
  readonly firstDay: string;
  readonly priceKey: string;
}

/** The books; undefined where they have never been opened. */
export async function findCompany(db: Db): Promise<Company | undefined> {
  return db
    .selectFrom('company')
    .select(['first_day as firstDay', 'price_key as priceKey'])
    .executeTakeFirst();
}

/** Opens the books, unless another process has done so; returns what they say. */
export async function insertCompany(db: Db, company: Company): Promise<Company> {
  await sql`insert into company (first_day, price_key) values (${company.firstDay}, ${company.priceKey})
    on conflict do nothing`.execute(db);
  return (await findCompany(db)) as Company;
}

/** The last day whose closing has begun; no entry counts towards it any more, except its payouts. */
export async function findLastClosedDay(db: Db): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`select max(day) as day from payout_run`.execute(db);
  return rows[0]?.day ?? null;
}

/** The company's figures of days: a complete run's as it wrote them down, and the sums of the others. */
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

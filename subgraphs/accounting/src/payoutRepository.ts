import { type Page, type PageArguments, toPage, toPages } from '@ates/kit/graph/page';
import { farAheadMs } from '@ates/kit/process/clockSkew';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Payout, PayoutRun } from './domain/payout.ts';
import type { AccountingTables } from './tables.ts';

type Db = Kysely<AccountingTables>;
type Trx = Transaction<AccountingTables>;

const runColumns = [
  'id',
  'day',
  'status',
  'started_at as startedAt',
  'finished_at as finishedAt',
  'accounts_total as accountsTotal',
  'accounts_processed as accountsProcessed',
  'payout_count as payoutCount',
  'paid_total_cents as paidTotalCents',
  'accounts_in_the_red as accountsInTheRed',
  'cursor',
] as const;

export async function findRunOfDay(db: Db, day: string): Promise<PayoutRun | undefined> {
  return db.selectFrom('payout_run').select(runColumns).where('day', '=', day).executeTakeFirst();
}

/** Returns the last day whose closing has begun; only its payouts still count towards it. */
export async function findLastClosedDay(db: Db): Promise<string | null> {
  const { rows } = await sql<{ day: string | null }>`select max(day) as day from payout_run`.execute(db);
  return rows[0]?.day ?? null;
}

/** Lists the runs of closed days, newest first. */
export async function listRuns(db: Db, page: PageArguments<string>): Promise<Page<PayoutRun>> {
  const { first, after } = page;
  const rows = await db
    .selectFrom('payout_run')
    .select(runColumns)
    .$if(after !== null, (query) => query.where('day', '<', after as string))
    .orderBy('day', 'desc')
    .limit(first + 1)
    .execute();
  return toPage(rows, page, ({ day }) => day);
}

/** Adds the run of a day, which also marks the day as closed. The caller has the posting lock alone. */
export async function insertRun(trx: Trx, run: { id: string; day: string; now: Date }): Promise<PayoutRun> {
  await sql`insert into payout_run (id, day, status, started_at, accounts_total, progressed_at)
    values (${run.id}, ${run.day}, 'RUNNING', ${run.now}, (select count(*) from account), ${run.now})`.execute(
    trx,
  );
  return trx.selectFrom('payout_run').select(runColumns).where('id', '=', run.id).executeTakeFirstOrThrow();
}

export async function lockRun(trx: Trx, id: string): Promise<PayoutRun | undefined> {
  return trx.selectFrom('payout_run').select(runColumns).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** True where the run of an earlier day is not complete. */
export async function isEarlierRunUnfinished(trx: Trx, day: string): Promise<boolean> {
  const row = await trx
    .selectFrom('payout_run')
    .select('id')
    .where('status', '=', 'RUNNING')
    .where('day', '<', day)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Lists the runs that have not begun to pay or have not progressed since a moment, by day; also those whose progress
 * was dated by a clock that was far ahead.
 */
export async function listUnfinishedRuns(
  db: Db,
  staleBefore: Date,
): Promise<{ id: string; progressedAt: Date }[]> {
  return db
    .selectFrom('payout_run')
    .select(['id', 'progressed_at as progressedAt'])
    .where('status', '=', 'RUNNING')
    .where((where) =>
      where.or([
        where('cursor', 'is', null),
        where('progressed_at', '<=', staleBefore),
        where('progressed_at', '>', new Date(staleBefore.getTime() + farAheadMs)),
      ]),
    )
    .orderBy('day')
    .execute();
}

/** Lists the newest days whose payout runs are complete. */
export async function listPaidDays(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('payout_run')
    .select('day')
    .where('status', '=', 'COMPLETED')
    .orderBy('day', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.day);
}

/** Writes how far a locked run has got. */
export async function updateRun(trx: Trx, run: PayoutRun, now: Date): Promise<void> {
  await trx
    .updateTable('payout_run')
    .set({
      accounts_processed: run.accountsProcessed,
      accounts_total: Math.max(run.accountsTotal, run.accountsProcessed),
      payout_count: run.payoutCount,
      paid_total_cents: run.paidTotalCents,
      accounts_in_the_red: run.accountsInTheRed,
      cursor: run.cursor,
      progressed_at: now,
    })
    .where('id', '=', run.id)
    .execute();
}

/** Completes a locked run and writes its day's totals, which no entry can change any more. */
export async function completeRun(
  trx: Trx,
  run: PayoutRun,
  now: Date,
): Promise<{ feesCents: number; rewardsCents: number }> {
  const { rows } = await sql<{ feesCents: number; rewardsCents: number }>`
    update payout_run set status = 'COMPLETED', finished_at = ${now}, accounts_total = accounts_processed,
      fees_cents = sums.fees, rewards_cents = sums.rewards
    from (
      select coalesce(sum(fees_cents), 0)::bigint as fees, coalesce(sum(rewards_cents), 0)::bigint as rewards
      from account_day where day = ${run.day}::date
    ) sums
    where id = ${run.id}
    returning fees_cents as "feesCents", rewards_cents as "rewardsCents"`.execute(trx);
  return rows[0]!;
}

/** Adds payouts. The database refuses the whole batch where an account has a payout of the day already. */
export async function insertPayouts(trx: Trx, payouts: readonly Omit<Payout, 'email'>[]): Promise<void> {
  await sql`insert into payout (id, account_id, day, amount_cents, paid_at)
    select * from unnest(
      ${payouts.map((payout) => payout.id)}::uuid[],
      ${payouts.map((payout) => payout.accountId)}::uuid[],
      ${payouts.map((payout) => payout.day)}::date[],
      ${payouts.map((payout) => payout.amountCents)}::bigint[],
      ${payouts.map((payout) => payout.paidAt)}::timestamptz[]
    )`.execute(trx);
}

const payoutColumns = sql`p.id, p.account_id as "accountId", p.day, p.amount_cents as "amountCents",
  p.paid_at as "paidAt", coalesce(m.status, 'PENDING') as email`;

export async function findPayouts(db: Db, ids: readonly string[]): Promise<Payout[]> {
  const { rows } = await sql<Payout>`
    select ${payoutColumns} from payout p left join payout_mail m on m.payout_id = p.id
    where p.id = any(${ids}::uuid[])`.execute(db);
  return rows;
}

/** Lists the payouts of each account, newest first, in one statement for all accounts. */
export async function listPayoutsOfAccounts(
  db: Db,
  accountIds: readonly string[],
  page: PageArguments<string>,
): Promise<Map<string, Page<Payout>>> {
  const { first, after } = page;
  const { rows } = await sql<Payout>`
    select ${payoutColumns}
    from unnest(${accountIds}::uuid[]) as owner (id)
    cross join lateral (
      select id, account_id, day, amount_cents, paid_at from payout where account_id = owner.id
        and (${after}::date is null or day < ${after}::date)
      order by day desc limit ${first + 1}
    ) p left join payout_mail m on m.payout_id = p.id
    order by p.account_id, p.day desc`.execute(db);
  return toPages(accountIds, rows, page, { ownerOf: ({ accountId }) => accountId, keyOf: ({ day }) => day });
}

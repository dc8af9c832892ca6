import { bigints, dates, idArray, integers, moments, rowsOf, texts, uuids } from '@ates/kit/database/rows';
import { joinsByIndex } from '@ates/kit/database/transactions';
import { type Page, type PageArguments, toPage, toPages } from '@ates/kit/graph/page';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Account, AccountDay, AccountNow, LedgerEntry } from './domain/account.ts';
import { type AccountState, companyAccounts, type DayTotals, type Entry, sidesOf } from './domain/ledger.ts';
import type { AccountingTables } from './tables.ts';

type Db = Kysely<AccountingTables>;
type Trx = Transaction<AccountingTables>;

/** The advisory lock of postings and of a day's barrier: postings share it, the barrier has it alone (rule 11). */
export const postingLock = 0x6c_65_64_67;

/** Takes the posting lock shared; comes before any other read. */
export async function lockForPosting(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${postingLock}::bigint), ${joinsByIndex}`.execute(trx);
}

/** Takes the posting lock alone: waits for the postings under way, and lets no other begin. */
export async function lockOutPostings(trx: Trx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${postingLock}::bigint)`.execute(trx);
}

/** Creates the accounts that do not exist, in the order of their ids, so that transactions cannot deadlock. */
export async function ensureAccounts(trx: Trx, ids: readonly string[]): Promise<void> {
  await sql`insert into account (id) select distinct u.id from unnest(${idArray(ids)}) as u (id) order by u.id
    on conflict (id) do nothing`.execute(trx);
}

/** Locks those of the accounts that exist, in the order of their ids. */
export async function lockAccounts(trx: Trx, ids: readonly string[]): Promise<AccountState[]> {
  const { rows } = await sql<AccountState>`
    select id, balance_cents as "balanceCents", last_number as "lastNumber" from account
    where id = any(${idArray(ids)}) order by id for no key update`.execute(trx);
  return rows;
}

/** Locks the next accounts after a cursor, in the order of their ids. */
export async function lockNextAccounts(
  trx: Trx,
  after: string | null,
  limit: number,
): Promise<AccountState[]> {
  const { rows } = await sql<AccountState>`
    select id, balance_cents as "balanceCents", last_number as "lastNumber" from account
    where id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
    order by id limit ${limit} for no key update`.execute(trx);
  return rows;
}

/**
 * Sums the entries of accounts after a day. This is a separate statement after the lock: a statement that waits for a
 * lock reads the locked row again, but everything else as it was before the wait.
 */
export async function sumLaterDays(
  trx: Trx,
  ids: readonly string[],
  day: string,
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; net: number }>`
    select account_id as id, sum(rewards_cents - fees_cents - paid_out_cents)::bigint as net
    from account_day where account_id = any(${ids}::uuid[]) and day > ${day}::date
    group by account_id`.execute(trx);
  return new Map(rows.map(({ id, net }) => [id, net]));
}

/**
 * Adds entries. Returns the ids of those whose fact had not been posted before, or null where all are new. They nearly
 * always are, and null saves sending a thousand ids back.
 */
export async function insertEntries(
  trx: Trx,
  entries: readonly Entry[],
  now: Date,
): Promise<ReadonlySet<string> | null> {
  const sides = entries.map(sidesOf);
  const rows = rowsOf({
    id: uuids(entries.map((entry) => entry.id)),
    kind: texts(entries.map((entry) => entry.kind)),
    account_id: uuids(entries.map((entry) => entry.accountId)),
    debit_account: uuids(sides.map((side) => side.debit)),
    credit_account: uuids(sides.map((side) => side.credit)),
    amount_cents: bigints(entries.map((entry) => entry.amountCents)),
    number: integers(entries.map((entry) => entry.number)),
    balance_after_cents: bigints(entries.map((entry) => entry.balanceAfterCents)),
    day: dates(entries.map((entry) => entry.day)),
    occurred_at: moments(entries.map((entry) => entry.occurredAt)),
    description: texts(entries.map((entry) => entry.description)),
    task_id: uuids(entries.map((entry) => entry.taskId)),
  });
  const { rows: added } = await sql<{ ids: string[] | null }>`
    with added as (
      insert into ledger_entry (${rows.names}, posted_at)
      select ${rows.values}, ${now}::timestamptz from ${rows.from}
      on conflict (id) do nothing returning id
    )
    select case when count(*) < ${entries.length} then coalesce(array_agg(id::text), '{}') end as ids from added`.execute(
    trx,
  );
  const ids = added[0]?.ids;
  return ids ? new Set(ids) : null;
}

/** Begins a savepoint: `undoPosting` undoes only what follows it. */
export const beginPosting = (trx: Trx) => sql`savepoint posting`.execute(trx);
export const undoPosting = (trx: Trx) => sql`rollback to savepoint posting`.execute(trx);

/**
 * Writes the new states of locked accounts, and adds to the totals of their days. It is one statement: for a single
 * charge, the overhead of a statement costs as much as its work.
 */
export async function writeAccounts(
  trx: Trx,
  accounts: readonly AccountState[],
  totals: readonly DayTotals[],
): Promise<void> {
  const states = rowsOf({
    id: uuids(accounts.map((account) => account.id)),
    balance_cents: bigints(accounts.map((account) => account.balanceCents)),
    last_number: integers(accounts.map((account) => account.lastNumber)),
  });
  const days = rowsOf({
    account_id: uuids(totals.map((total) => total.accountId)),
    day: dates(totals.map((total) => total.day)),
    fees_cents: bigints(totals.map((total) => total.feesCents)),
    rewards_cents: bigints(totals.map((total) => total.rewardsCents)),
    paid_out_cents: bigints(totals.map((total) => total.paidOutCents)),
    first_number: integers(totals.map((total) => total.firstNumber)),
    last_number: integers(totals.map((total) => total.lastNumber)),
  });
  await sql`
    with written as (
      update account a set balance_cents = u.balance_cents, last_number = u.last_number
      from (select ${states.values} from ${states.from}) as u (${states.names}) where a.id = u.id
    )
    insert into account_day as d (${days.names}) select ${days.values} from ${days.from}
    on conflict (account_id, day) do update set
      fees_cents = d.fees_cents + excluded.fees_cents,
      rewards_cents = d.rewards_cents + excluded.rewards_cents,
      paid_out_cents = d.paid_out_cents + excluded.paid_out_cents,
      first_number = least(d.first_number, excluded.first_number),
      last_number = greatest(d.last_number, excluded.last_number)`.execute(trx);
}

/** Reads accounts as they are, in one statement. An account that accounting does not know is empty (rule 9). */
export async function readAccountsNow(db: Db, ids: readonly string[]): Promise<Map<string, AccountNow>> {
  const { rows } = await sql<AccountNow>`
    select u.id, coalesce(a.balance_cents, 0) as "balanceCents", coalesce(a.last_number, 0) as "lastNumber"
    from unnest(${idArray(ids)}) as u (id) left join account a on a.id = u.id`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findAccounts(db: Db, ids: readonly string[]): Promise<Account[]> {
  const { rows } = await sql<Account>`select id, balance_cents as "balanceCents" from account
    where id = any(${ids}::uuid[])`.execute(db);
  return rows;
}

/** Lists all accounts, by id. */
export async function listAccounts(db: Db, page: PageArguments<string>): Promise<Page<Account>> {
  const { first, after } = page;
  const { rows } = await sql<Account>`select id, balance_cents as "balanceCents" from account
    where ${after}::uuid is null or id > ${after}::uuid order by id limit ${first + 1}`.execute(db);
  return toPage(rows, page, ({ id }) => id);
}

/** Returns what each account earned on a day: rewards less fees. */
export async function findEarned(db: Db, ids: readonly string[], day: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; earned: number }>`
    select account_id as id, rewards_cents - fees_cents as earned from account_day
    where account_id = any(${ids}::uuid[]) and day = ${day}::date`.execute(db);
  return new Map(rows.map(({ id, earned }) => [id, earned]));
}

/** Lists the entries of each account, newest first, in one statement for all accounts. */
export async function listEntriesOfAccounts(
  db: Db,
  accountIds: readonly string[],
  { day, ...page }: PageArguments<number> & { day: string | null },
): Promise<Map<string, Page<LedgerEntry>>> {
  const { first, after } = page;
  // A day's entries are found by its lowest and highest number: an index by day would cost every posting a write.
  const ofDay =
    day === null
      ? sql``
      : sql`and e.day = ${day}::date
          and e.number >= (select first_number from account_day where account_id = owner.id and day = ${day}::date)
          and e.number <= (select last_number from account_day where account_id = owner.id and day = ${day}::date)`;
  const behind = after === null ? sql`` : sql`and e.number < ${after}::int`;
  const { rows } = await sql<LedgerEntry>`
    select e.id, e.kind, e."accountId", e.number, e.day, e.description, e."amountCents", e."balanceAfterCents",
      e."occurredAt", e."postedAt", e."taskId"
    from unnest(${accountIds}::uuid[]) as owner (id)
    cross join lateral (
      select e.id, e.kind, e.account_id as "accountId", e.number, e.day, e.description,
        case when e.credit_account = e.account_id then e.amount_cents else -e.amount_cents end as "amountCents",
        e.balance_after_cents as "balanceAfterCents", e.occurred_at as "occurredAt", e.posted_at as "postedAt",
        e.task_id as "taskId"
      from ledger_entry e where e.account_id = owner.id ${ofDay} ${behind}
      order by e.number desc limit ${first + 1}
    ) e order by e."accountId", e.number desc`.execute(db);
  return toPages(accountIds, rows, page, {
    ownerOf: ({ accountId }) => accountId,
    keyOf: ({ number }) => number,
  });
}

/** Lists the days of each account with their balances, newest first, in one statement for all accounts. */
export async function listDaysOfAccounts(
  db: Db,
  accountIds: readonly string[],
  page: PageArguments<string>,
): Promise<Map<string, Page<AccountDay>>> {
  const { first, after } = page;
  const { rows } = await sql<AccountDay>`
    select d.account_id as "accountId", d.day, d.fees_cents as "feesCents", d.rewards_cents as "rewardsCents",
      d.paid_out_cents as "paidOutCents", d.closing as "closingCents",
      d.closing - d.rewards_cents + d.fees_cents + d.paid_out_cents as "openingCents"
    from unnest(${accountIds}::uuid[]) as owner (id)
    cross join lateral (
      select account_id, day, fees_cents, rewards_cents, paid_out_cents, closing from (
        select account_id, day, fees_cents, rewards_cents, paid_out_cents, (sum(rewards_cents - fees_cents - paid_out_cents) over (order by day))::bigint as closing
        from account_day where account_id = owner.id
      ) sums
      where ${after}::date is null or day < ${after}::date
      order by day desc limit ${first + 1}
    ) d order by d.account_id, d.day desc`.execute(db);
  return toPages(accountIds, rows, page, { ownerOf: ({ accountId }) => accountId, keyOf: ({ day }) => day });
}

/** The findings of an audit of the ledger. */
export interface LedgerFindings {
  readonly entriesChecked: number;
  readonly imbalanceCents: number;
  readonly mismatchedAccountIds: string[];
}

/**
 * Compares every stored sum with its entries, in one statement and thereby one snapshot. The company's side is computed
 * from the entries' other accounts, so a posting without a company account shows as an imbalance.
 */
export async function auditEntries(trx: Trx, maxMismatched: number): Promise<LedgerFindings> {
  const company = Object.values(companyAccounts);
  const { rows } = await sql<LedgerFindings>`
    with entry as (
      select account_id, count(*) as n, max(number) as newest,
        sum(case when credit_account = account_id then amount_cents else -amount_cents end) as net,
        sum(case when credit_account = any(${company}::uuid[]) then amount_cents else 0 end)
          - sum(case when debit_account = any(${company}::uuid[]) then amount_cents else 0 end) as company_net
      from ledger_entry group by account_id
    ), entry_day as (
      select account_id, day,
        coalesce(sum(amount_cents) filter (where kind = 'ASSIGNMENT_FEE'), 0) as fees,
        coalesce(sum(amount_cents) filter (where kind = 'COMPLETION_REWARD'), 0) as rewards,
        coalesce(sum(amount_cents) filter (where kind = 'PAYOUT'), 0) as paid_out,
        min(number) as lowest, max(number) as highest
      from ledger_entry group by account_id, day
    ), mismatched as (
      select coalesce(a.id, e.account_id) as id from account a full join entry e on e.account_id = a.id
      where coalesce(a.balance_cents, 0) <> coalesce(e.net, 0) or coalesce(a.last_number, 0) <> coalesce(e.n, 0)
        or coalesce(e.newest, 0) <> coalesce(e.n, 0)
      union
      select coalesce(d.account_id, e.account_id) from account_day d
      full join entry_day e on e.account_id = d.account_id and e.day = d.day
      where d.account_id is null or e.account_id is null or d.fees_cents <> e.fees
        or d.rewards_cents <> e.rewards or d.paid_out_cents <> e.paid_out
        or d.first_number <> e.lowest or d.last_number <> e.highest
      union
      select coalesce(p.account_id, e.account_id) from payout p
      full join (select id, account_id, day, amount_cents from ledger_entry where kind = 'PAYOUT') e on e.id = p.id
      where p.id is null or e.id is null or p.amount_cents <> e.amount_cents or p.day <> e.day
    )
    select (select coalesce(sum(n), 0)::bigint from entry) as "entriesChecked",
      ((select coalesce(sum(balance_cents), 0) from account)
        + (select coalesce(sum(company_net), 0) from entry))::bigint as "imbalanceCents",
      array(select id::text from mismatched order by id limit ${maxMismatched}) as "mismatchedAccountIds"`.execute(
    trx,
  );
  return rows[0]!;
}

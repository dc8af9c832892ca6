import { createHeldEvents } from '@ates/kit/heldEvents';
import { createInbox } from '@ates/kit/inbox';
import type { ServiceSchema } from '@ates/kit/migrate';
import { createOutbox } from '@ates/kit/outbox';
import { type Kysely, sql } from 'kysely';

/** Accounting's schema. Entries, payouts and prices are only ever added: the application's role cannot change them. */
export const accountingSchema: ServiceSchema = {
  appendOnly: ['ledger_entry', 'payout', 'task_price'],
  migrations: {
    '0001_ledger_and_payouts': {
      async up(db: Kysely<never>) {
        await createOutbox(db);
        await createInbox(db);
        await createAccounts(db);
        await createLedger(db);
        await createPayouts(db);
      },
    },
    '0002_days_know_their_numbers': { up: numberDays },
    '0003_held_events': { up: createHeldEvents },
  },
};

async function createAccounts(db: Kysely<never>): Promise<void> {
  await sql`create table user_copy (
    id uuid primary key,
    version integer not null,
    name text not null,
    email text not null,
    role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
    active boolean not null
  )`.execute(db);
  // Half empty pages keep updates of balances inside of them and out of the index.
  await sql`create table account (
    id uuid primary key,
    balance_cents bigint not null default 0,
    last_number integer not null default 0 check (last_number >= 0)
  ) with (fillfactor = 50)`.execute(db);
  await sql`create table task_price (
    task_id uuid primary key,
    fee_cents bigint not null check (fee_cents between 1000 and 2000),
    reward_cents bigint not null check (reward_cents between 2000 and 4000)
  )`.execute(db);
  await sql`create table company (
    "only" boolean primary key default true check ("only"),
    first_day date not null,
    price_key text not null
  )`.execute(db);
}

async function createLedger(db: Kysely<never>): Promise<void> {
  // No foreign key to the account: it costs 10 to 15 % of the throughput, and the posting makes the account itself.
  await sql`create table ledger_entry (
    id uuid primary key,
    kind text not null check (kind in ('ASSIGNMENT_FEE', 'COMPLETION_REWARD', 'PAYOUT', 'REVERSAL')),
    account_id uuid not null,
    debit_account uuid not null,
    credit_account uuid not null,
    amount_cents bigint not null check (amount_cents > 0),
    number integer not null check (number > 0),
    balance_after_cents bigint not null,
    day date not null,
    occurred_at timestamptz not null,
    posted_at timestamptz not null,
    description text not null,
    task_id uuid,
    unique (account_id, number),
    check (debit_account <> credit_account),
    check (account_id in (debit_account, credit_account))
  )`.execute(db);
  await sql`create index ledger_entry_day on ledger_entry (account_id, day, number)`.execute(db);
  await sql`create table account_day (
    account_id uuid not null,
    day date not null,
    fees_cents bigint not null,
    rewards_cents bigint not null,
    paid_out_cents bigint not null,
    primary key (account_id, day)
  ) with (fillfactor = 50)`.execute(db);
  // Without the sums: an index that holds what every posting changes makes each of these updates write all indexes,
  // and is of no use for the open day, whose pages are never all visible; closed days are read from their run.
  await sql`create index account_day_day on account_day (day)`.execute(db);
}

/**
 * An account's entries of a day are found by the numbers they lie between, so that the index by day can go: of all
 * that a posting writes it was a tenth.
 */
async function numberDays(db: Kysely<never>): Promise<void> {
  await sql`alter table account_day add column first_number integer, add column last_number integer`.execute(
    db,
  );
  await sql`update account_day d set first_number = e.lowest, last_number = e.highest
    from (
      select account_id, day, min(number) as lowest, max(number) as highest from ledger_entry group by account_id, day
    ) e
    where e.account_id = d.account_id and e.day = d.day`.execute(db);
  await sql`alter table account_day alter column first_number set not null, alter column last_number set not null`.execute(
    db,
  );
  await sql`drop index ledger_entry_day`.execute(db);
}

async function createPayouts(db: Kysely<never>): Promise<void> {
  await sql`create table payout_run (
    id uuid primary key,
    day date not null unique,
    status text not null check (status in ('RUNNING', 'COMPLETED')),
    started_at timestamptz not null,
    finished_at timestamptz,
    accounts_total integer not null,
    accounts_processed integer not null default 0,
    payout_count integer not null default 0,
    paid_total_cents bigint not null default 0,
    "cursor" uuid,
    accounts_in_the_red integer not null default 0,
    fees_cents bigint not null default 0,
    rewards_cents bigint not null default 0,
    progressed_at timestamptz not null,
    check ((status = 'COMPLETED') = (finished_at is not null))
  ) with (fillfactor = 20)`.execute(db);
  await sql`create index payout_run_unfinished on payout_run (day) where status = 'RUNNING'`.execute(db);
  await sql`create table payout (
    id uuid primary key,
    account_id uuid not null,
    day date not null,
    amount_cents bigint not null check (amount_cents > 0),
    paid_at timestamptz not null,
    unique (account_id, day)
  )`.execute(db);
  await sql`create table payout_mail (
    payout_id uuid primary key references payout (id),
    status text not null check (status in ('PENDING', 'SENT', 'FAILED')),
    attempts integer not null default 0,
    next_at timestamptz not null,
    last_error text,
    sent_at timestamptz
  )`.execute(db);
  await sql`create index payout_mail_due on payout_mail (next_at) where status = 'PENDING'`.execute(db);
}

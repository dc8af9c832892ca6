-- accounting's database as the revision of 2026-11-24 made it, for tests/released.test.ts. Never changed.

-- 0001_ledger_and_payouts
create table outbox_event (
  id uuid primary key,
  event text not null,
  payload text not null,
  created_at timestamptz not null
);
alter table outbox_event alter column payload set storage external;
create table outbox_delivery (
  seq bigint generated always as identity primary key,
  event_id uuid not null references outbox_event (id),
  consumer text not null,
  lane text not null check (lane in ('interactive', 'bulk')),
  next_at timestamptz not null,
  attempts integer not null default 0,
  unique (event_id, consumer)
);
create index outbox_delivery_due on outbox_delivery (lane, consumer, next_at);
create table inbox (
  consumer text not null,
  event_id uuid not null,
  applied_at timestamptz not null,
  primary key (consumer, event_id)
);
create index inbox_applied_at on inbox using brin (applied_at);
create table dead_letter (
  id uuid primary key,
  consumer text not null,
  event text not null,
  lane text not null,
  fact text not null,
  error text not null,
  attempts integer not null,
  failed_at timestamptz not null,
  resend_requested_at timestamptz
);
create table user_copy (
  id uuid primary key,
  version integer not null,
  name text not null,
  email text not null,
  role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
  active boolean not null
);
create table account (
  id uuid primary key,
  balance_cents bigint not null default 0,
  last_number integer not null default 0 check (last_number >= 0)
) with (fillfactor = 50);
create table task_price (
  task_id uuid primary key,
  fee_cents bigint not null check (fee_cents between 1000 and 2000),
  reward_cents bigint not null check (reward_cents between 2000 and 4000)
);
create table company (
  "only" boolean primary key default true check ("only"),
  first_day date not null,
  price_key text not null
);
create table ledger_entry (
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
);
create index ledger_entry_day on ledger_entry (account_id, day, number);
create table account_day (
  account_id uuid not null,
  day date not null,
  fees_cents bigint not null,
  rewards_cents bigint not null,
  paid_out_cents bigint not null,
  primary key (account_id, day)
) with (fillfactor = 50);
create index account_day_day on account_day (day);
create table payout_run (
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
) with (fillfactor = 20);
create index payout_run_unfinished on payout_run (day) where status = 'RUNNING';
create table payout (
  id uuid primary key,
  account_id uuid not null,
  day date not null,
  amount_cents bigint not null check (amount_cents > 0),
  paid_at timestamptz not null,
  unique (account_id, day)
);
create table payout_mail (
  payout_id uuid primary key references payout (id),
  status text not null check (status in ('PENDING', 'SENT', 'FAILED')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  last_error text,
  sent_at timestamptz
);
create index payout_mail_due on payout_mail (next_at) where status = 'PENDING';
-- 0002_days_know_their_numbers
alter table account_day add column first_number integer, add column last_number integer;
update account_day d set first_number = e.lowest, last_number = e.highest
from (
  select account_id, day, min(number) as lowest, max(number) as highest from ledger_entry group by account_id, day
) e
where e.account_id = d.account_id and e.day = d.day;
alter table account_day alter column first_number set not null, alter column last_number set not null;
drop index ledger_entry_day;
-- 0003_held_events
create table held_event (
  id uuid primary key,
  consumer text not null,
  event_id uuid not null,
  event text not null,
  lane text not null,
  payload text not null,
  held_at timestamptz not null,
  attempts integer not null default 0,
  error text,
  unique (consumer, event_id)
);
alter table held_event alter column payload set storage external;
create index held_event_kind on held_event (consumer, event, id);

-- As Kysely keeps what has run.
create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null);
insert into kysely_migration_lock values ('migration_lock', 0);
insert into kysely_migration values ('0001_ledger_and_payouts', '2026-11-24T12:00:00.000Z');
insert into kysely_migration values ('0002_days_know_their_numbers', '2026-11-24T12:00:00.000Z');
insert into kysely_migration values ('0003_held_events', '2026-11-24T12:00:00.000Z');

create table user_copy (
  id uuid primary key,
  version integer not null,
  name text not null,
  email text not null,
  role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
  active boolean not null
);

-- Half-empty pages keep updates of balances on their page and out of the index.
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

-- No foreign key to the account: it costs 10 to 15 % of the throughput, and the posting makes the account itself.
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

-- Without the sums: if the index held sums that every posting changes, each update would write all indexes. For the
-- open day it would be of no use, since its pages are never all visible; closed days are read from their run.
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

create table user_copy (
  id uuid primary key,
  version bigint not null,
  role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
  active boolean not null
);

create table counted_fact (
  kind smallint not null,
  id uuid not null,
  primary key (kind, id)
);

-- Every batch updates the day's row: free room on its page keeps the updates out of the index.
create table task_day (
  day date primary key,
  created bigint not null,
  resolved bigint not null,
  assignments bigint not null
) with (fillfactor = 20);

create table money_day (
  day date primary key,
  fees_cents bigint not null,
  rewards_cents bigint not null,
  paid_out_cents bigint not null
) with (fillfactor = 20);

-- The index uses a separate column: with `where balance_cents < 0`, every change of a balance would count as a change
-- of the index, and no update would stay on its page (HOT).
create table account_balance (
  account_id uuid primary key,
  number bigint not null,
  balance_cents bigint not null,
  in_the_red boolean not null generated always as (balance_cents < 0) stored
) with (fillfactor = 50);
create index account_balance_in_the_red on account_balance (account_id) where in_the_red;

create table dearest_of_day (
  day date primary key,
  task_id uuid not null,
  reward_cents bigint not null,
  resolved_at timestamptz not null
) with (fillfactor = 20);

create table closed_day (
  day date primary key,
  accounts_in_the_red bigint not null,
  closed_at timestamptz not null
);

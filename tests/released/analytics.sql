-- analytics's database as the revision of 2026-11-24 made it, for tests/released.test.ts. Never changed.

-- 0001_figures
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
  version bigint not null,
  role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
  active boolean not null
);
create table counted_fact (
  kind smallint not null,
  id uuid not null,
  primary key (kind, id)
);
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
-- 0002_held_events
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
insert into kysely_migration values ('0001_figures', '2026-11-24T12:00:00.000Z');
insert into kysely_migration values ('0002_held_events', '2026-11-24T12:00:00.000Z');

-- auth's database as the revision of 2026-11-24 made it, for tests/released.test.ts. Never changed.

-- 0001_users_and_sessions
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
create table user_account (
  id uuid primary key,
  login text not null unique check (login = lower(login)),
  name text not null,
  email text not null,
  role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
  active boolean not null,
  version integer not null,
  beak_hash text not null,
  created_at timestamptz not null
);
create index user_account_list on user_account (name, id);
create table session (
  id uuid primary key,
  user_id uuid not null references user_account (id),
  created_at timestamptz not null,
  ended_at timestamptz
);
create index session_of_user on session (user_id) where ended_at is null;
create table refresh_token (
  hash text primary key,
  session_id uuid not null references session (id) on delete cascade,
  predecessor text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_token_session on refresh_token (session_id);
create index refresh_token_predecessor on refresh_token (predecessor);
create index refresh_token_expires_at on refresh_token (expires_at);
create table login_failure (
  subject text primary key,
  window_start timestamptz not null,
  failures integer not null
);
create table signing_key (
  kid text primary key,
  private_jwk text not null,
  public_jwk text not null,
  active_from timestamptz not null
);
-- 0002_ended_sessions
create index session_ended_at on session (ended_at) where ended_at is not null;

-- As Kysely keeps what has run.
create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null);
insert into kysely_migration_lock values ('migration_lock', 0);
insert into kysely_migration values ('0001_users_and_sessions', '2026-11-24T12:00:00.000Z');
insert into kysely_migration values ('0002_ended_sessions', '2026-11-24T12:00:00.000Z');

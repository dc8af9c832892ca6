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

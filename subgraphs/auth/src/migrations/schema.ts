import type { ServiceSchema } from '@ates/kit/migrate';
import { createOutbox } from '@ates/kit/outbox';
import { type Kysely, sql } from 'kysely';

/** Auth's schema. */
export const authSchema: ServiceSchema = {
  appendOnly: [],
  migrations: {
    '0001_users_and_sessions': {
      async up(db: Kysely<never>) {
        await createOutbox(db);
        await sql`create table user_account (
          id uuid primary key,
          login text not null unique check (login = lower(login)),
          name text not null,
          email text not null,
          role text not null check (role in ('EMPLOYEE', 'ACCOUNTANT', 'MANAGER', 'ADMIN')),
          active boolean not null,
          version integer not null,
          beak_hash text not null,
          created_at timestamptz not null
        )`.execute(db);
        await sql`create index user_account_list on user_account (name, id)`.execute(db);
        await sql`create table session (
          id uuid primary key,
          user_id uuid not null references user_account (id),
          created_at timestamptz not null,
          ended_at timestamptz
        )`.execute(db);
        await sql`create index session_of_user on session (user_id) where ended_at is null`.execute(db);
        await sql`create table refresh_token (
          hash text primary key,
          session_id uuid not null references session (id) on delete cascade,
          predecessor text,
          created_at timestamptz not null,
          expires_at timestamptz not null,
          used_at timestamptz
        )`.execute(db);
        await sql`create index refresh_token_session on refresh_token (session_id)`.execute(db);
        await sql`create index refresh_token_predecessor on refresh_token (predecessor)`.execute(db);
        await sql`create index refresh_token_expires_at on refresh_token (expires_at)`.execute(db);
        await sql`create table login_failure (
          subject text primary key,
          window_start timestamptz not null,
          failures integer not null
        )`.execute(db);
        await sql`create table signing_key (
          kid text primary key,
          private_jwk text not null,
          public_jwk text not null,
          active_from timestamptz not null
        )`.execute(db);
      },
    },
    /** Gateways ask twice a second which sessions have ended of late. */
    '0002_ended_sessions': {
      async up(db: Kysely<never>) {
        await sql`create index session_ended_at on session (ended_at) where ended_at is not null`.execute(db);
      },
    },
  },
};

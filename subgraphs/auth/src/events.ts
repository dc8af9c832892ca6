import { appendEvent } from '@ates/kit/outbox';
import { toColumns } from '@ates/schema/event';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import type { Transaction } from 'kysely';
import type { User } from './domain/user.ts';
import type { AuthTables } from './tables.ts';

/** Tells the other services what a user is now: the whole state, so that they need nothing else (rule 2). */
export async function publishUser(trx: Transaction<AuthTables>, user: User, now: Date): Promise<void> {
  await publishUsers(trx, [user], now);
}

/** The same for many, as one event. */
export async function publishUsers(
  trx: Transaction<AuthTables>,
  users: readonly User[],
  now: Date,
): Promise<void> {
  const facts = users.map((user) => ({
    userId: user.id,
    version: user.version,
    name: user.name,
    email: user.email,
    role: user.role,
    active: user.active,
    createdAt: user.createdAt.toISOString(),
    occurredAt: now.toISOString(),
  }));
  await appendEvent(trx, usersChanged, toColumns(usersChanged, facts), { lane: 'interactive', now });
}

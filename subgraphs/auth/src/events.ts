import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { toColumns } from '@ates/schema/event';
import { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import type { User } from './domain/user.ts';
import type { AuthTables } from './tables.ts';

/** Publishes the whole state of a user, so that the other services need nothing else (rule 2). */
export async function publishUser(work: UnitOfWork<AuthTables>, user: User): Promise<void> {
  await publishUsers(work, [user]);
}

/** Publishes the states of many users, as one event. */
export async function publishUsers(work: UnitOfWork<AuthTables>, users: readonly User[]): Promise<void> {
  const facts = users.map((user) => ({
    userId: user.id,
    version: user.version,
    name: user.name,
    email: user.email,
    role: user.role,
    active: user.active,
    createdAt: user.createdAt.toISOString(),
    occurredAt: work.now.toISOString(),
  }));
  await work.append(usersChanged, toColumns(usersChanged, facts), 'interactive');
}

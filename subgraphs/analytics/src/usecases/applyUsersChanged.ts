import type { UnitOfWork } from '@ates/kit/database/unitOfWork';
import { type Columns, type Fact, toFacts } from '@ates/schema/event';
import type { usersChanged } from '@ates/schema/events/auth.users_changed.v1';
import { upsertUsers } from '../repository.ts';
import type { AnalyticsTables } from '../tables.ts';

/** Keeps the copy of users that decides who may ask (rule 2): the newest version counts, in whatever order they come. */
export async function applyUsersChanged(
  { trx }: UnitOfWork<AnalyticsTables>,
  columns: Columns<typeof usersChanged>,
): Promise<void> {
  const newest = new Map<string, Fact<typeof usersChanged>>();
  for (const fact of toFacts(columns) as Fact<typeof usersChanged>[]) {
    const known = newest.get(fact.userId);
    if (!known || fact.version > known.version) newest.set(fact.userId, fact);
  }
  await upsertUsers(trx, [...newest.values()]);
}

import { toColumns } from '@ates/schema/event';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase, workOn } from '../../tests/support/databases.ts';
import { createdFact, idOf } from '../../tests/support/facts.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { type OutboxTables, outboxSql } from '../src/database/outbox.ts';
import { takeDeliveries } from '../src/events/deliveries.ts';

let db: Kysely<OutboxTables>;
beforeAll(async () => {
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await runSqlFiles(db, outboxSql);
});
afterAll(() => db?.destroy());

test.each([71_581, 2_000_000_000])(
  'a delivery that was sent %i times in vain is still sent',
  async (sent) => {
    const begun = new Date('2026-03-10T09:00:00.000Z');
    await db.deleteFrom('outbox_delivery').execute();
    const columns = toColumns(tasksCreated, [createdFact(idOf(0xb, 1), begun)]);
    await workOn(db, { now: () => begun }).transact((work) =>
      work.append(tasksCreated, columns, 'interactive'),
    );
    await db.updateTable('outbox_delivery').set({ attempts: sent }).execute();
    for (const resendAfterMs of [30_000, 2_000]) {
      await db.updateTable('outbox_delivery').set({ next_at: begun }).execute();
      const options = { lane: 'interactive', consumer: 'accounting', window: 10, now: begun } as const;
      expect(await takeDeliveries(db, { ...options, resendAfterMs })).toHaveLength(1);
      const { next_at } = await db
        .selectFrom('outbox_delivery')
        .select('next_at')
        .where('consumer', '=', 'accounting')
        .executeTakeFirstOrThrow();
      expect(next_at.getTime() - begun.getTime()).toBe(30_000);
    }
  },
);

import { toColumns } from '@ates/schema/event';
import { tasksCreated } from '@ates/schema/events/tracker.tasks_created.v1';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase } from '../../tests/support/databases.ts';
import { createdFact, idOf } from '../../tests/support/facts.ts';
import { appendEvent, createOutbox, type OutboxTables, takeDeliveries } from '../src/outbox.ts';

let db: Kysely<OutboxTables>;
beforeAll(async () => {
  db = openTestDatabase((await createEmptyDatabase()).migrationUrl);
  await createOutbox(db as unknown as Kysely<never>);
});
afterAll(() => db?.destroy());

const begun = new Date('2026-03-10T09:00:00.000Z');

test.each([2_000, 30_000])(
  'a delivery without a receipt is sent again ever later, after %i ms at first, but after 30 s at most',
  async (resendAfterMs) => {
    await db.deleteFrom('outbox_delivery').execute();
    await db.transaction().execute((trx) =>
      appendEvent(trx, tasksCreated, toColumns(tasksCreated, [createdFact(idOf(0xb, 1), begun)]), {
        lane: 'interactive',
        now: begun,
      }),
    );
    const take = (now: Date) =>
      takeDeliveries(db, { lane: 'interactive', consumer: 'accounting', window: 10, now, resendAfterMs });
    let now = begun;
    const waitsMs: number[] = [];
    for (let sent = 1; sent <= 100; sent++) {
      expect(await take(now), `sending ${sent}`).toHaveLength(1);
      const { next_at: next } = await db
        .selectFrom('outbox_delivery')
        .select('next_at')
        .where('consumer', '=', 'accounting')
        .executeTakeFirstOrThrow();
      expect(await take(new Date(next.getTime() - 1))).toEqual([]);
      waitsMs.push(next.getTime() - now.getTime());
      now = next;
    }
    expect(waitsMs).toEqual(waitsMs.map((_, at) => Math.min((at + 1) * resendAfterMs, 30_000)));
  },
);

import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createEmptyDatabase, openTestDatabase } from '../../tests/support/databases.ts';
import { runSqlFiles } from '../src/database/migrate.ts';
import { deliveryGauges } from '../src/events/deliveryGauges.ts';
import { heldEventsSql } from '../src/events/heldEvents.ts';
import { type InboxTables, inboxSql } from '../src/events/inbox.ts';
import { newId } from '../src/process/ids.ts';
import { startProxy } from './proxy.ts';

test('metrics show what does not get through, by kind, and all others while a database is away', async () => {
  const proxy = await startProxy((await createEmptyDatabase()).migrationUrl);
  const db = openTestDatabase<InboxTables>(proxy.url);
  onTestFinished(async () => {
    await db.destroy();
    await proxy.stop();
  });
  await runSqlFiles(db, inboxSql, heldEventsSql);
  const registry = new Registry();
  const gauges = deliveryGauges(registry);
  gauges.showPutAside(db);
  const overdue = { consumer: 'analytics', count: 7, since: new Date() };
  gauges.showOverdue('tracker', { wake() {}, overdue: () => [overdue], stop: async () => undefined });
  const at = new Date();
  for (const event of ['a.v1', 'a.v1', 'b.v1']) {
    const letter = { id: newId(), consumer: 'accounting', event, lane: 'bulk' as const, fact: '{}' };
    await db
      .insertInto('dead_letter')
      .values({ ...letter, error: 'torn', attempts: 1, failed_at: at, resend_requested_at: null })
      .execute();
  }
  const held = {
    id: newId(),
    consumer: 'accounting',
    event: 'a.v1',
    event_id: newId(),
    lane: 'bulk' as const,
  };
  await db
    .insertInto('held_event')
    .values({ ...held, payload: '{}', held_at: at, attempts: 0, error: null })
    .execute();
  const shown = await registry.metrics();
  expect(shown).toContain('dead_letters{consumer="accounting",event="a.v1"} 2');
  expect(shown).toContain('dead_letters{consumer="accounting",event="b.v1"} 1');
  expect(shown).toContain('held_events{consumer="accounting",event="a.v1"} 1');
  expect(shown).toContain('events_overdue{producer="tracker",consumer="analytics"} 7');
  await proxy.cut();
  expect(await registry.metrics()).toContain('events_overdue{producer="tracker",consumer="analytics"} 7');
  await proxy.mend();
});

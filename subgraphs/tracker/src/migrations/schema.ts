import { type ServiceSchema, sqlMigration } from '@ates/kit/database/migrate';
import { outboxSql } from '@ates/kit/database/outbox';
import { heldEventsSql } from '@ates/kit/events/heldEvents';
import { inboxSql } from '@ates/kit/events/inbox';

const file = (name: string) => new URL(name, import.meta.url);

/** Tracker's schema. */
export const trackerSchema: ServiceSchema = {
  appendOnly: ['assignment'],
  migrations: {
    '0001_tasks_and_reassignments': sqlMigration(
      outboxSql,
      inboxSql,
      file('0001_tasks_and_reassignments.sql'),
    ),
    '0002_held_events': sqlMigration(heldEventsSql),
  },
};

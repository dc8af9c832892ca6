import { type ServiceSchema, sqlMigration } from '@ates/kit/database/migrate';
import { heldEventsSql } from '@ates/kit/events/heldEvents';
import { inboxSql } from '@ates/kit/events/inbox';

const file = (name: string) => new URL(name, import.meta.url);

/** Analytics' schema. */
export const analyticsSchema: ServiceSchema = {
  appendOnly: ['counted_fact', 'closed_day'],
  migrations: {
    '0001_figures': sqlMigration(inboxSql, file('0001_figures.sql')),
    '0002_held_events': sqlMigration(heldEventsSql),
  },
};

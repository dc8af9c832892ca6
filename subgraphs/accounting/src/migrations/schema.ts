import { type ServiceSchema, sqlMigration } from '@ates/kit/database/migrate';
import { outboxSql } from '@ates/kit/database/outbox';
import { heldEventsSql } from '@ates/kit/events/heldEvents';
import { inboxSql } from '@ates/kit/events/inbox';

const file = (name: string) => new URL(name, import.meta.url);

/** Accounting's schema. Entries, payouts and prices are only ever added: the application's role cannot change them. */
export const accountingSchema: ServiceSchema = {
  appendOnly: ['ledger_entry', 'payout', 'task_price'],
  migrations: {
    '0001_ledger_and_payouts': sqlMigration(outboxSql, inboxSql, file('0001_ledger_and_payouts.sql')),
    '0002_days_know_their_numbers': sqlMigration(file('0002_days_know_their_numbers.sql')),
    '0003_held_events': sqlMigration(heldEventsSql),
  },
};

import { type ServiceSchema, sqlMigration } from '@ates/kit/database/migrate';
import { outboxSql } from '@ates/kit/database/outbox';

const file = (name: string) => new URL(name, import.meta.url);

/** Auth's schema. */
export const authSchema: ServiceSchema = {
  appendOnly: [],
  migrations: {
    '0001_users_and_sessions': sqlMigration(outboxSql, file('0001_users_and_sessions.sql')),
    '0002_ended_sessions': sqlMigration(file('0002_ended_sessions.sql')),
  },
};

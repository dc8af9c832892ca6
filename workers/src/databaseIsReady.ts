import { type Kysely, sql } from 'kysely';

/** True where the database answers, else a sentence that names its setting. */
export async function databaseIsReady<Tables>(db: Kysely<Tables>, setting: string): Promise<true | string> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch (error) {
    return `the database of ${setting} does not answer: ${(error as Error).message}`;
  }
}

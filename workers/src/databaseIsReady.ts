import type { ClockSkew } from '@ates/kit/clockSkew';
import { type Kysely, sql } from 'kysely';

/** True where the database answers and its clock agrees with this machine's, else a sentence that says what is wrong. */
export async function databaseIsReady<Tables>(
  db: Kysely<Tables>,
  setting: string,
  skew?: ClockSkew,
): Promise<true | string> {
  try {
    await sql`select 1`.execute(db);
    return skew?.outOfStep ?? true;
  } catch (error) {
    return `the database of ${setting} does not answer: ${(error as Error).message}`;
  }
}

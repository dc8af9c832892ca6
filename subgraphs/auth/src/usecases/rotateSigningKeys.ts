import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import type { ClockSkew } from '@ates/kit/process/clockSkew';
import { newId } from '@ates/kit/process/ids';
import type { Kysely } from 'kysely';
import { activeKey, keyLifeMs, newSigningKey, type SigningKey, sortKeys } from '../domain/signingKey.ts';
import { deleteSigningKeys, insertSigningKey, listSigningKeys, lockSigningKeys } from '../repository.ts';
import type { AuthTables } from '../tables.ts';

/**
 * Ensures that one key signs and the next one is already published (rule 1). Deletes the keys that no valid token is
 * signed with any more. Runs at start and every hour, in every process; where nothing is due it changes nothing.
 */
export async function rotateSigningKeys(database: ServiceDatabase<AuthTables>): Promise<void> {
  await database.transact(async ({ trx, now }) => {
    const keys = (await lockSigningKeys(trx)).map(toKey);
    const current = activeKey(keys, now) ?? (await add(now));
    if (!keys.some((key) => key.activeFrom > now)) {
      await add(new Date(Math.max(current.activeFrom.getTime() + keyLifeMs, now.getTime() + keyLifeMs / 2)));
    }
    await deleteSigningKeys(
      trx,
      sortKeys(keys, now).outlived.map((key) => key.kid),
    );

    async function add(activeFrom: Date): Promise<SigningKey> {
      const key = await newSigningKey(newId(), activeFrom);
      await insertSigningKey(trx, {
        kid: key.kid,
        private_jwk: key.privateJwk,
        public_jwk: key.publicJwk,
        active_from: key.activeFrom,
      });
      return key;
    }
  });
}

/** Returns all keys, newest first. */
export async function readSigningKeys(db: Kysely<AuthTables>): Promise<SigningKey[]> {
  return (await listSigningKeys(db)).map(toKey);
}

/** Returns the keys for `/.well-known/jwks.json`: all of them while a wrong clock cannot tell which are outlived. */
export async function publishedKeys(
  { db, clock }: ServiceDatabase<AuthTables>,
  skew: ClockSkew,
): Promise<{ keys: Record<string, unknown>[] }> {
  const keys = await readSigningKeys(db);
  const published = skew.outOfStep ? keys : sortKeys(keys, clock.now()).published;
  return { keys: published.map((key) => JSON.parse(key.publicJwk)) };
}

const toKey = (row: Awaited<ReturnType<typeof listSigningKeys>>[number]): SigningKey => ({
  kid: row.kid,
  privateJwk: row.private_jwk,
  publicJwk: row.public_jwk,
  activeFrom: row.active_from,
});

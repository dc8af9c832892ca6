import type { ServiceDatabase } from '@ates/kit/database/unitOfWork';
import { createTokenVerifier, type VerifyToken } from '@ates/kit/graph/token';
import type { ClockSkew } from '@ates/kit/process/clockSkew';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { AuthTables } from './tables.ts';
import { publishedKeys } from './usecases/rotateSigningKeys.ts';

/** Returns a verifier with auth's own keys. They are read again where a token names an unknown key. */
export function verifierOf(database: ServiceDatabase<AuthTables>, skew: ClockSkew): VerifyToken {
  let known: { keys: ReturnType<typeof createLocalJWKSet>; readAt: number } | undefined;
  const read = async () => {
    known = {
      keys: createLocalJWKSet((await publishedKeys(database, skew)) as unknown as JSONWebKeySet),
      readAt: Date.now(),
    };
    return known.keys;
  };
  return createTokenVerifier(
    async (header, token) => {
      try {
        return await (known?.keys ?? (await read()))(header, token);
      } catch (error) {
        if (Date.now() - (known?.readAt ?? 0) < 1_000) throw error;
        return (await read())(header, token);
      }
    },
    () => database.clock.now(),
  );
}

import { tokenAlgorithm } from '@ates/kit/graph/token';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { accessTokenLifeMs } from './session.ts';
import type { User } from './user.ts';

/** How long a key signs, in milliseconds. */
export const keyLifeMs = 30 * 86_400_000;

/** A key pair as it is stored. */
export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: string;
  readonly publicJwk: string;
  readonly activeFrom: Date;
}

export async function newSigningKey(kid: string, activeFrom: Date): Promise<SigningKey> {
  const pair = await generateKeyPair(tokenAlgorithm, { extractable: true });
  const describe = async (key: CryptoKey) =>
    JSON.stringify({ ...(await exportJWK(key)), kid, alg: tokenAlgorithm, use: 'sig' });
  return {
    kid,
    activeFrom,
    privateJwk: await describe(pair.privateKey),
    publicJwk: await describe(pair.publicKey),
  };
}

/** Returns the key that signs now: the newest that has become active. Keys come newest first. */
export const activeKey = (keys: readonly SigningKey[], now: Date): SigningKey | undefined =>
  keys.find((key) => key.activeFrom <= now);

/**
 * Returns the keys to publish, and the old keys that no valid token is signed with any more. The next key is
 * published too, so that every verifier knows it before it signs.
 */
export function sortKeys(
  keys: readonly SigningKey[],
  now: Date,
): { published: SigningKey[]; outlived: SigningKey[] } {
  const current = activeKey(keys, now);
  const isOutlived = (key: SigningKey, at: number) => {
    const replacedAt = keys[at - 1]?.activeFrom;
    return (
      key !== current &&
      key.activeFrom <= now &&
      replacedAt !== undefined &&
      replacedAt.getTime() + 2 * accessTokenLifeMs < now.getTime()
    );
  };
  return { published: keys.filter((key, at) => !isOutlived(key, at)), outlived: keys.filter(isOutlived) };
}

/** Signs an access token with the user's id, role and version (rule 2), and with the session. */
export async function signAccessToken(
  key: SigningKey,
  user: User,
  sessionId: string,
  now: Date,
): Promise<{ token: string; expiresAt: Date }> {
  const expiresAt = new Date(Math.floor((now.getTime() + accessTokenLifeMs) / 1000) * 1000);
  const token = await new SignJWT({ role: user.role, ver: user.version, sid: sessionId })
    .setProtectedHeader({ alg: tokenAlgorithm, kid: key.kid })
    .setSubject(user.id)
    .setIssuedAt(now)
    .setExpirationTime(expiresAt)
    .sign(await importJWK(JSON.parse(key.privateJwk) as JWK, tokenAlgorithm));
  return { token, expiresAt };
}

import { generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { createTokenVerifier } from '../src/graph/token.ts';

const { privateKey, publicKey } = await generateKeyPair('EdDSA');
const tokenFor = (user: string, seconds: number, now: Date) =>
  new SignJWT({ role: 'EMPLOYEE', ver: 1, sid: 's' })
    .setProtectedHeader({ alg: 'EdDSA', kid: '1' })
    .setSubject(user)
    .setIssuedAt(now)
    .setExpirationTime(Math.floor(now.getTime() / 1000) + seconds)
    .sign(privateKey);

test('a token is verified once, and no longer good when it has run out', async () => {
  let now = new Date('2026-02-01T10:00:00Z');
  let asked = 0;
  const verify = createTokenVerifier(
    async () => {
      asked++;
      return publicKey;
    },
    () => now,
  );
  const header = `Bearer ${await tokenFor('kiwi', 60, now)}`;
  for (let n = 0; n < 3; n++) expect(await verify(header)).toMatchObject({ claims: { userId: 'kiwi' } });
  expect(asked).toBe(1);
  // Another token is verified anew, and so is the same one when it is damaged.
  expect(await verify(`Bearer ${await tokenFor('rio', 60, now)}`)).toMatchObject({
    claims: { userId: 'rio' },
  });
  expect(await verify(header.slice(0, -4).concat('AAAA'))).toEqual({ problem: 'invalid' });
  now = new Date('2026-02-01T10:00:59Z');
  expect(await verify(header)).toMatchObject({ claims: { userId: 'kiwi' } });
  now = new Date('2026-02-01T10:01:00Z');
  expect(await verify(header)).toEqual({ problem: 'expired' });
});

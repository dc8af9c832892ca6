import { serveService } from '@ates/kit/service';
import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { TestClockSkew } from '../../../tests/support/clockSkew.ts';
import { cloneDatabase, openTestDatabase } from '../../../tests/support/databases.ts';
import { TestClock } from '../../../tests/support/exchange.ts';
import { auth as authService } from '../src/service.ts';
import type { AuthTables } from '../src/tables.ts';

const { internalSecret } = inject('stores');
const log = pino({ level: 'silent' });
const settingsOf = (databaseUrl: string) => ({
  ...{
    LOG_LEVEL: 'silent' as const,
    HOST: '127.0.0.1',
    PORT: 0,
    INTERNAL_PORT: 0,
    MAX_ANSWER_BYTES: 1_000_000,
    INTERNAL_SECRET: internalSecret,
  },
  ...{ AUTH_DATABASE_URL: databaseUrl, SEED: 'demo' as const, ADMIN_LOGIN: 'admin' },
});

test('auth with a clock 31 days ahead keeps its keys and sessions, publishes all keys, and ends nobody’s session', async () => {
  const url = await cloneDatabase('auth');
  const db = openTestDatabase<AuthTables>(url);
  const secret = { 'x-internal-secret': internalSecret };
  const kept = async () => ({
    keys: (await db.selectFrom('signing_key').select('kid').orderBy('kid').execute()).map(({ kid }) => kid),
    sessions: (await db.selectFrom('session').select('id').execute()).length,
    tokens: (await db.selectFrom('refresh_token').select('hash').execute()).length,
  });
  const right = await serveService(authService, settingsOf(url), log);
  const logIn = await fetch(`${right.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...secret },
    body: JSON.stringify({
      query: 'mutation { login(login: "kiwi", beakShape: "tiny, round, mustard") { accessToken } }',
    }),
  });
  const { accessToken } = ((await logIn.json()) as any).data.login;
  await right.stop();
  const before = await kept();
  expect(before).toMatchObject({ keys: { length: 2 }, sessions: 1, tokens: 1 });

  const clock = new TestClock();
  clock.advance(31 * 86_400_000);
  const skew = new TestClockSkew();
  skew.set('ten days ahead');
  const ahead = await serveService(authService, settingsOf(url), log, { clock, skew });
  try {
    const introspect = async () =>
      (
        await fetch(`${ahead.url}/introspect`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...secret },
          body: new URLSearchParams({ token: accessToken }),
        })
      ).status;
    const { keys } = (await (await fetch(`${ahead.url}/.well-known/jwks.json`)).json()) as any;
    expect(keys.map(({ kid }: { kid: string }) => kid).sort()).toEqual(before.keys);
    // The gateway takes a 503 for 'not known', and goes on.
    expect(await introspect()).toBe(503);
    expect((await fetch(`${ahead.url}/ended-sessions`, { headers: secret })).status).toBe(503);
    expect(await kept()).toEqual(before);
    clock.advance(-31 * 86_400_000);
    skew.set('in step');
    expect(await introspect()).toBe(200);
    expect(await kept()).toEqual(before);
  } finally {
    await ahead.stop();
    await db.destroy();
  }
});

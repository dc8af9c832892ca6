import { newId } from '@ates/kit/process/ids';
import { serveService } from '@ates/kit/service';
import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { startProxy } from '../../../kit/test/proxy.ts';
import { cloneDatabase, openTestDatabase } from '../../../tests/support/databases.ts';
import { auth as authService } from '../src/service.ts';
import type { AuthTables } from '../src/tables.ts';

const { internalSecret } = inject('stores');
const settingsOf = (databaseUrl: string) => ({
  ...{
    LOG_LEVEL: 'info' as const,
    HOST: '127.0.0.1',
    PORT: 0,
    INTERNAL_PORT: 0,
    MAX_ANSWER_BYTES: 1_000_000,
    INTERNAL_SECRET: internalSecret,
  },
  ...{ AUTH_DATABASE_URL: databaseUrl, SEED: 'demo' as const, ADMIN_LOGIN: 'admin' },
});

test('while its database is away, keys and introspection answer 503, and the log says why, now and then', async () => {
  const proxy = await startProxy(await cloneDatabase('auth'));
  const lines: { level: number; msg: string; err?: { message: string } }[] = [];
  const auth = await serveService(
    authService,
    settingsOf(proxy.url),
    pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  );
  try {
    const keys = async () => (await fetch(`${auth.url}/.well-known/jwks.json`)).status;
    expect(await keys()).toBe(200);
    await proxy.cut();
    lines.length = 0;
    expect([await keys(), await keys()]).toEqual([503, 503]);
    const errors = () => lines.filter(({ level }) => level === 50);
    expect(errors()).toMatchObject([
      { msg: expect.stringContaining('/.well-known/jwks.json'), err: { message: expect.any(String) } },
    ]);
  } finally {
    await proxy.mend();
    await auth.stop();
    await proxy.stop();
  }
});

test('the sessions that have ended are told since a moment, of the last ten seconds without one, and of an hour at most', async () => {
  const url = await cloneDatabase('auth');
  const db = openTestDatabase<AuthTables>(url);
  const auth = await serveService(authService, settingsOf(url), pino({ level: 'silent' }));
  const since = async (moment?: Date | string) => {
    const given = moment instanceof Date ? moment.toISOString() : moment;
    const response = await fetch(
      `${auth.url}/ended-sessions${given === undefined ? '' : `?since=${encodeURIComponent(given)}`}`,
      { headers: { 'x-internal-secret': internalSecret } },
    );
    const { sessions } = (await response.json()) as { sessions: string[] };
    return sessions.map((id) => secondsAgo.get(id)).sort((a, b) => (a as number) - (b as number));
  };
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
  const secondsAgo = new Map<string, number>();
  try {
    const { id: userId } = await db
      .selectFrom('user_account')
      .select('id')
      .limit(1)
      .executeTakeFirstOrThrow();
    for (const seconds of [2, 60, 1_800, 7_200]) {
      const id = newId();
      secondsAgo.set(id, seconds);
      await db
        .insertInto('session')
        .values({ id, user_id: userId, created_at: ago(9_999), ended_at: ago(seconds) })
        .execute();
    }
    expect(await since()).toEqual([2]);
    expect(await since('rubbish')).toEqual([2]);
    expect(await since(ago(120))).toEqual([2, 60]);
    expect(await since(ago(9_000))).toEqual([2, 60, 1_800]);
    expect((await fetch(`${auth.url}/ended-sessions`)).status).toBe(403);
  } finally {
    await auth.stop();
    await db.destroy();
  }
});

import { pino } from 'pino';
import { expect, inject, test } from 'vitest';
import { startProxy } from '../../../kit/test/proxy.ts';
import { cloneDatabase } from '../../../tests/support/databases.ts';
import { startAuth } from '../src/server.ts';

test('while its database is away, keys and introspection answer 503, and the log says why, now and then', async () => {
  const { internalSecret } = inject('stores');
  const proxy = await startProxy(await cloneDatabase('auth'));
  const lines: { level: number; msg: string; err?: { message: string } }[] = [];
  const auth = await startAuth(
    {
      ...{ LOG_LEVEL: 'info', HOST: '127.0.0.1', PORT: 0, INTERNAL_PORT: 0, INTERNAL_SECRET: internalSecret },
      ...{ AUTH_DATABASE_URL: proxy.url, SEED: 'demo', ADMIN_LOGIN: 'admin' },
    },
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

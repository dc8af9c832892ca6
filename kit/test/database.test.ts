import { sql } from 'kysely';
import { describe, inject, type TestContext, test } from 'vitest';
import { openDatabase } from '../src/database/pool.ts';
import { allowLongStatements, inTransaction } from '../src/database/transactions.ts';
import { createLog } from '../src/process/log.ts';
import { startProxy } from './proxy.ts';

/** Opens a database behind a proxy that can go mute, with one connection at most. */
async function open({ onTestFinished }: TestContext, statementTimeoutMs = 300) {
  const proxy = await startProxy(inject('stores').adminUrl);
  const options = { poolSize: 1, statementTimeoutMs, applicationName: 'mute' };
  const db = openDatabase<unknown>(proxy.url, options, createLog('tests', 'silent'));
  onTestFinished(async () => {
    await db.destroy();
    await proxy.stop();
  });
  const backend = async () =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]!.pid;
  return { proxy, db, backend };
}

test('a connection that is lost while it is prepared fails what wanted it, and not the process', async ({
  expect,
}) => {
  const proxy = await startProxy(inject('stores').adminUrl);
  const options = { poolSize: 1, statementTimeoutMs: 300, applicationName: 'lost' };
  const db = openDatabase<unknown>(proxy.url, options, createLog('tests', 'silent'), async () => {
    await proxy.cut();
    return 'own';
  });
  await expect(sql`select 1`.execute(db)).rejects.toThrow();
  await db.destroy();
  await proxy.mend();
  await proxy.stop();
});

// These tests run at once: each waits for seconds, and none needs another.
describe.concurrent('a statement', { timeout: 60_000 }, () => {
  test('fails where the database goes mute, soon after the server would have ended it; its connection is not used again', async (context) => {
    const { expect } = context;
    const { proxy, backend } = await open(context);
    const first = await backend();
    proxy.mute();
    const began = Date.now();
    await expect(backend()).rejects.toThrow(/no answer/);
    expect(Date.now() - began).toBeGreaterThan(4_000);
    expect(Date.now() - began).toBeLessThan(25_000);
    proxy.speak();
    const second = await backend();
    expect(second).not.toBe(first);
    expect(await backend()).toBe(second);
  });

  test('in the middle of a transaction fails so, too, and nobody waits for the rollback as well', async (context) => {
    const { expect } = context;
    const { proxy, db, backend } = await open(context);
    let began = 0;
    await expect(
      inTransaction(db, async (trx) => {
        await sql`select 1`.execute(trx);
        proxy.mute();
        began = Date.now();
        await sql`select 2`.execute(trx);
      }),
    ).rejects.toThrow(/no answer/);
    expect(Date.now() - began).toBeLessThan(25_000);
    proxy.speak();
    expect(await backend()).toBeGreaterThan(0);
  });

  test('that takes too long is ended by the server, and its connection is used again', async (context) => {
    const { expect } = context;
    const { db, backend } = await open(context);
    const first = await backend();
    await expect(sql`select pg_sleep(10)`.execute(db)).rejects.toMatchObject({ code: '57014' });
    expect(await backend()).toBe(first);
  });

  test('may take longer where its transaction allows it; after that the bound is the old one', async (context) => {
    const { expect } = context;
    const { proxy, db, backend } = await open(context);
    const first = await backend();
    await inTransaction(db, async (trx) => {
      await allowLongStatements(trx, 20_000);
      await sql`select pg_sleep(6)`.execute(trx);
    });
    expect(await backend()).toBe(first);
    proxy.mute();
    const began = Date.now();
    await expect(backend()).rejects.toThrow(/no answer/);
    expect(Date.now() - began).toBeLessThan(25_000);
  });

  test('that waits for others of its transaction has the whole time for itself', async (context) => {
    const { db } = await open(context, 2_000);
    await inTransaction(db, (trx) =>
      Promise.all(Array.from({ length: 6 }, () => sql`select pg_sleep(1.5)`.execute(trx))),
    );
  });
});

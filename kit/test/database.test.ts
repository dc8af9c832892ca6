import { sql } from 'kysely';
import { describe, inject, type TestContext, test } from 'vitest';
import { allowLongStatements, openDatabase, pipelined, transact } from '../src/database.ts';
import { createLog } from '../src/log.ts';
import { startProxy } from './proxy.ts';

/** A database behind a proxy that can go mute, with one connection at most. */
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

// Each of them waits for seconds, and for nothing of the others.
describe.concurrent('a statement', { timeout: 30_000 }, () => {
  test('fails where the database goes mute, soon after the server would have ended it; its connection is not used again', async (context) => {
    const { expect } = context;
    const { proxy, backend } = await open(context);
    const first = await backend();
    proxy.mute();
    const began = Date.now();
    await expect(backend()).rejects.toThrow(/no answer/);
    expect(Date.now() - began).toBeGreaterThan(4_000);
    expect(Date.now() - began).toBeLessThan(9_000);
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
      transact(db, async (trx) => {
        await sql`select 1`.execute(trx);
        proxy.mute();
        began = Date.now();
        await sql`select 2`.execute(trx);
      }),
    ).rejects.toThrow(/no answer/);
    expect(Date.now() - began).toBeLessThan(9_000);
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
    await transact(db, async (trx) => {
      await allowLongStatements(trx, 20_000);
      await sql`select pg_sleep(6)`.execute(trx);
    });
    expect(await backend()).toBe(first);
    proxy.mute();
    const began = Date.now();
    await expect(backend()).rejects.toThrow(/no answer/);
    expect(Date.now() - began).toBeLessThan(9_000);
  });

  test('that waits for others of its transaction has the whole time for itself', async (context) => {
    const { db } = await open(context, 2_000);
    await transact(db, (trx) =>
      Promise.all(Array.from({ length: 6 }, () => sql`select pg_sleep(1.5)`.execute(trx))),
    );
  });
});

describe('statements of a transaction that are sent one behind the other', { timeout: 30_000 }, () => {
  /** A table of the test's own, and a database with one connection, so that whatever is left behind would show. */
  const table = 'pipelined_numbers';
  const openTable = async (context: TestContext) => {
    const { db } = await open(context, 10_000);
    await sql`create table ${sql.table(table)} (n integer primary key)`.execute(db);
    context.onTestFinished(() => sql`drop table ${sql.table(table)}`.execute(db).then(() => undefined));
    const add = (to: typeof db, n: number) => sql`insert into ${sql.table(table)} values (${n})`.execute(to);
    const numbers = async () =>
      (await sql<{ n: number }>`select n from ${sql.table(table)} order by n`.execute(db)).rows.map(
        ({ n }) => n,
      );
    return { db, add, numbers };
  };

  test('are answered in their order', async (context) => {
    const { expect } = context;
    const { db, add, numbers } = await openTable(context);
    const count = async (to: typeof db) =>
      (await sql<{ n: number }>`select count(*)::integer as n from ${sql.table(table)}`.execute(to)).rows[0]
        ?.n;
    const answers = await transact(db, (trx) =>
      pipelined([() => count(trx), () => add(trx, 1), () => count(trx), () => add(trx, 2), () => count(trx)]),
    );
    expect([answers[0], answers[2], answers[4]]).toEqual([0, 1, 2]);
    expect(await numbers()).toEqual([1, 2]);
  });

  test('fail with what the first of them failed with, and none of them comes after the end of the transaction', async (context) => {
    const { expect } = context;
    const { db, add, numbers } = await openTable(context);
    await add(db, 1);
    const failing = transact(db, (trx) =>
      pipelined([
        () => add(trx, 2),
        () => add(trx, 1),
        ...[3, 4, 5, 6].map((n) => () => add(trx, n)),
        () => Promise.reject(new Error('what comes later does not matter')),
      ]),
    );
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    await add(db, 7);
    expect(await numbers()).toEqual([1, 7]);
  });
});

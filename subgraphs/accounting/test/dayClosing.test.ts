import { toColumns } from '@ates/schema/event';
import { type Kysely, sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { workOn } from '../../../tests/support/databases.ts';
import {
  assignedFact,
  balancesOf,
  countRows,
  expectSoundBooks,
  finishRun,
  idOf,
  killWhenItWrites,
  openTestBooks,
  type TestBooks,
  tasksAssigned,
  testPriceKey,
  userFact,
  usersChanged,
} from '../../../tests/support/facts.ts';
import type { PayoutRun } from '../src/domain/payout.ts';
import { drawPrice } from '../src/domain/price.ts';
import { lockForPosting } from '../src/ledgerRepository.ts';
import { findRunOfDay, listUnfinishedRuns } from '../src/payoutRepository.ts';
import type { AccountingTables } from '../src/tables.ts';
import { chargeFees } from '../src/usecases/chargeFees.ts';
import { closeDay, closeDaysThatAreOver } from '../src/usecases/closeDay.ts';
import { postEntries } from '../src/usecases/postEntries.ts';
import { runPayoutBatch } from '../src/usecases/runPayoutBatch.ts';

/** Rules 10 and 11: how days close and pay out, on accounting's own database. */

const parrot = (n: number) => idOf(0xa, n);
const task = (n: number) => idOf(0xb, n);
const feeOf = (n: number) => drawPrice(testPriceKey, task(n)).feeCents;
const rewardOf = (n: number) => drawPrice(testPriceKey, task(n)).rewardCents;

let opened: TestBooks | undefined;
const open = async (startsAt: string, timeZone?: string) => {
  opened = await openTestBooks(startsAt, { timeZone });
  return opened;
};
afterEach(async () => {
  if (!opened) return;
  // Whatever a test did, its books are sound at its end.
  await expectSoundBooks(opened.db);
  await opened.close();
  opened = undefined;
});

/** Carries out all unfinished runs, as the workers do: in the order of their days. */
async function payOut({ db, database, clock }: TestBooks, batchSize?: number): Promise<void> {
  for (const { id } of await listUnfinishedRuns(db, clock.now())) {
    await finishRun(database, id, batchSize);
  }
}

/** Returns who was paid how much for which day. */
async function paid(db: Kysely<AccountingTables>): Promise<[string, string, number][]> {
  const rows = await db
    .selectFrom('payout')
    .select(['account_id', 'day', 'amount_cents'])
    .orderBy('day')
    .orderBy('account_id')
    .execute();
  return rows.map((row) => [row.account_id, row.day, row.amount_cents]);
}

/** The days that an account's entries count towards, in the order they were posted. */
async function entryDays(db: Kysely<AccountingTables>, accountId: string): Promise<[string, string][]> {
  const rows = await db
    .selectFrom('ledger_entry')
    .select(['kind', 'day'])
    .where('account_id', '=', accountId)
    .orderBy('number')
    .execute();
  return rows.map((row) => [row.kind, row.day]);
}

describe('a day closes once', () => {
  test('two processes that close a day at the same time get one run', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    const other = at.connect();
    await at.reward(task(1), parrot(1));
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, n) => closeDay(n % 2 ? other : at.database, at.company)),
    );
    expect(new Set(runs.map((run) => run.id)).size).toBe(1);
    expect(await countRows(at.db, 'payout_run')).toBe(1);
    await payOut(at);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', rewardOf(1)]]);
  });

  test('closings of different days and the nightly tick at the same time close each day once, without gaps', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    const other = at.connect();
    await at.reward(task(1), parrot(1));
    at.clock.set('2026-03-13T09:00:00Z');
    const [tenth, thirteenth, twelfth] = await Promise.all([
      closeDay(at.database, at.company, '2026-03-10'),
      closeDay(other, at.company, '2026-03-13'),
      closeDay(at.database, at.company, '2026-03-12'),
      closeDaysThatAreOver(other, at.company),
      closeDaysThatAreOver(at.database, at.company),
    ]);
    expect([tenth.day, twelfth.day, thirteenth.day]).toEqual(['2026-03-10', '2026-03-12', '2026-03-13']);
    const days = await at.db.selectFrom('payout_run').select('day').orderBy('day').execute();
    expect(days.map(({ day }) => day)).toEqual(['2026-03-10', '2026-03-11', '2026-03-12', '2026-03-13']);
    await payOut(at);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', rewardOf(1)]]);
  });

  test('closing a closed day again returns the same run, running or complete', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await at.reward(task(1), parrot(1));
    const run = await closeDay(at.database, at.company);
    expect(await closeDay(at.database, at.company, '2026-03-10')).toEqual(run);
    await payOut(at);
    at.clock.set('2026-03-12T09:00:00Z');
    const again = await closeDay(at.database, at.company, '2026-03-10');
    expect(again).toMatchObject({ id: run.id, status: 'COMPLETED', payoutCount: 1 });
    await payOut(at);
    expect(await paid(at.db)).toHaveLength(1);
  });

  test('a day after today and one before the first are refused, and nothing closes', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    for (const day of ['2026-03-11', '2026-03-09', '2027-01-01', '0001-01-01'])
      await expect(closeDay(at.database, at.company, day)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    expect(await countRows(at.db, 'payout_run')).toBe(0);
  });
});

describe('what a day pays', () => {
  test('each positive balance gets exactly the sum of its entries up to the day', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    for (const n of [1, 2, 3]) await at.charge(task(n), parrot(1));
    for (const n of [1, 2, 3]) await at.reward(task(n), parrot(1));
    await at.charge(task(4), parrot(2));
    await closeDay(at.database, at.company);
    await payOut(at);
    const sum = [1, 2, 3].reduce((total, n) => total + rewardOf(n) - feeOf(n), 0);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', sum]]);
    expect(await balancesOf(at.db)).toEqual({ [parrot(1)]: 0, [parrot(2)]: -feeOf(4) });
  });

  test('a negative balance is carried, and counts against what is earned later', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await at.charge(task(1), parrot(1));
    const first = await closeDay(at.database, at.company);
    await payOut(at);
    expect(await findRunOfDay(at.db, first.day)).toMatchObject({
      status: 'COMPLETED',
      accountsInTheRed: 1,
      payoutCount: 0,
      paidTotalCents: 0,
    });
    expect(await balancesOf(at.db)).toEqual({ [parrot(1)]: -feeOf(1) });
    at.clock.set('2026-03-11T09:00:00Z');
    await at.reward(task(1), parrot(1));
    await closeDay(at.database, at.company);
    await payOut(at);
    const left = rewardOf(1) - feeOf(1);
    expect(await paid(at.db)).toEqual(left > 0 ? [[parrot(1), '2026-03-11', left]] : []);
  });

  test('a deactivated person is paid like everyone', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await at.tell(usersChanged, [userFact(parrot(1))]);
    await at.reward(task(1), parrot(1));
    await at.tell(usersChanged, [userFact(parrot(1), { version: 2, active: false })]);
    await closeDay(at.database, at.company);
    await payOut(at);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', rewardOf(1)]]);
  });

  test('what is posted between the barrier and the batch counts towards the next day and is not paid', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await at.reward(task(1), parrot(1));
    await at.reward(task(2), parrot(2));
    const run = await closeDay(at.database, at.company);
    // Postings of the same calendar day: for people who are not paid yet, and for a new one.
    await at.reward(task(3), parrot(1));
    await at.charge(task(4), parrot(2));
    await at.reward(task(5), parrot(3));
    await payOut(at);
    expect(await paid(at.db)).toEqual([
      [parrot(1), '2026-03-10', rewardOf(1)],
      [parrot(2), '2026-03-10', rewardOf(2)],
    ]);
    expect(await balancesOf(at.db)).toEqual({
      [parrot(1)]: rewardOf(3),
      [parrot(2)]: -feeOf(4),
      [parrot(3)]: rewardOf(5),
    });
    expect(await entryDays(at.db, parrot(1))).toEqual([
      ['COMPLETION_REWARD', '2026-03-10'],
      ['COMPLETION_REWARD', '2026-03-11'],
      ['PAYOUT', '2026-03-10'],
    ]);
    expect(await findRunOfDay(at.db, run.day)).toMatchObject({
      paidTotalCents: rewardOf(1) + rewardOf(2),
      accountsInTheRed: 0,
    });
    at.clock.set('2026-03-11T09:00:00Z');
    await closeDay(at.database, at.company);
    await payOut(at);
    expect((await paid(at.db)).slice(2)).toEqual([
      [parrot(1), '2026-03-11', rewardOf(3)],
      [parrot(3), '2026-03-11', rewardOf(5)],
    ]);
  });

  test('the barrier waits for a posting under way, which still counts towards the day and is paid', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    const other = at.connect();
    let closing: Promise<PayoutRun> | undefined;
    let closed = false;
    await at.database.transact(async (work) => {
      const { trx } = work;
      await lockForPosting(trx);
      closing = closeDay(other, at.company);
      void closing.then(() => {
        closed = true;
      });
      await untilSomebodyWaits(trx);
      await postEntries(
        work,
        [
          {
            id: task(1),
            kind: 'COMPLETION_REWARD',
            accountId: parrot(1),
            amountCents: rewardOf(1),
            day: '2026-03-10',
            occurredAt: work.now.toISOString(),
            description: '',
            taskId: task(1),
          },
        ],
        'interactive',
      );
      expect(closed).toBe(false);
    });
    await closing;
    await payOut(at);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', rewardOf(1)]]);
  });

  test('a posting that begins while the barrier stands waits for it and counts towards the next day', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    const other = at.connect();
    let posting: Promise<unknown> | undefined;
    await at.db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(${0x6c_65_64_67}::bigint)`.execute(trx);
      const facts = toColumns(tasksAssigned, [assignedFact(task(1), parrot(1), at.clock.now())]);
      posting = other.transact((mine) =>
        chargeFees(mine, facts, { lane: 'interactive', company: at.company }),
      );
      await untilSomebodyWaits(trx);
      await trx
        .insertInto('payout_run')
        .values({
          id: idOf(0xd, 1),
          day: '2026-03-10',
          status: 'RUNNING',
          started_at: at.clock.now(),
          accounts_total: 0,
          progressed_at: at.clock.now(),
        } as never)
        .execute();
    });
    await posting;
    expect(await entryDays(at.db, parrot(1))).toEqual([['ASSIGNMENT_FEE', '2026-03-11']]);
  });
});

async function untilSomebodyWaits(db: Kysely<AccountingTables>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const { rows } = await sql`select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`.execute(db);
    if (rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('nobody came to wait for the posting lock');
}

describe('a payout run that is interrupted', () => {
  /** Opens books with five accounts above zero and one below. */
  async function openWithWages(): Promise<{
    at: TestBooks;
    run: PayoutRun;
    wages: [string, string, number][];
  }> {
    const at = await open('2026-03-10T09:00:00Z');
    for (const n of [1, 2, 3, 4, 5]) await at.reward(task(n), parrot(n));
    await at.charge(task(6), parrot(6));
    const run = await closeDay(at.database, at.company);
    const wages = [1, 2, 3, 4, 5].map((n): [string, string, number] => [parrot(n), run.day, rewardOf(n)]);
    return { at, run, wages };
  }

  test('is continued at its cursor by another process, and pays everyone once, to the cent', async () => {
    const { at, run, wages } = await openWithWages();
    const first = at.connect();
    expect(await runPayoutBatch(first, run.id, 2)).toBe('more');
    expect(await paid(at.db)).toEqual(wages.slice(0, 2));
    const second = at.connect();
    expect(await runPayoutBatch(second, run.id, 2)).toBe('more');
    expect(await paid(at.db)).toEqual(wages.slice(0, 4));
    await finishRun(at.database, run.id, 2);
    expect(await paid(at.db)).toEqual(wages);
    expect(await findRunOfDay(at.db, run.day)).toMatchObject({
      status: 'COMPLETED',
      accountsTotal: 6,
      accountsProcessed: 6,
      accountsInTheRed: 1,
      payoutCount: 5,
      paidTotalCents: wages.reduce((total, [, , cents]) => total + cents, 0),
    });
  });

  test('by a process whose clock was ten days ahead is continued at once, not in ten days', async () => {
    const { at, run } = await openWithWages();
    expect(await runPayoutBatch(at.database, run.id, 2)).toBe('more');
    const listed = async () =>
      (await listUnfinishedRuns(at.db, new Date(at.clock.now().getTime() - 5_000))).map(({ id }) => id);
    expect(await listed()).toEqual([]);
    const ahead = { now: () => new Date(at.clock.now().getTime() + 10 * 86_400_000) };
    expect(await runPayoutBatch(workOn(at.db, ahead), run.id, 2)).toBe('more');
    expect(await listed()).toEqual([run.id]);
  });

  // A batch commits its cursor, payouts, entries and events together or not at all, wherever it is cut off.
  test.each(['payout', 'ledger_entry', 'account_day', 'outbox_event', 'payout_run'])(
    'killed when it writes %s, it has paid nothing of that batch, and pays it afterwards',
    async (table) => {
      const { at, run, wages } = await openWithWages();
      expect(await runPayoutBatch(at.database, run.id, 2)).toBe('more');
      const events = await countRows(at.db, 'outbox_event');
      const killed = at.connect();
      const outcome = await killWhenItWrites(at.url, table, () => runPayoutBatch(killed, run.id, 2));
      expect(outcome.status).toBe('rejected');
      expect(await paid(at.db)).toEqual(wages.slice(0, 2));
      expect(await findRunOfDay(at.db, run.day)).toMatchObject({ cursor: parrot(2), payoutCount: 2 });
      expect(await countRows(at.db, 'outbox_event')).toBe(events);
      await expectSoundBooks(at.db);
      await finishRun(at.database, run.id, 2);
      expect(await paid(at.db)).toEqual(wages);
    },
  );

  test('is worked on by several processes at once, and pays everyone once', async () => {
    const { at, run, wages } = await openWithWages();
    const workers = [at.database, at.connect(), at.connect()];
    await Promise.all(
      workers.map(async (database) => {
        await finishRun(database, run.id, 1);
      }),
    );
    expect(await paid(at.db)).toEqual(wages);
    expect(await findRunOfDay(at.db, run.day)).toMatchObject({ payoutCount: 5, accountsProcessed: 6 });
  });

  test('and one whose progress is forgotten pays nobody twice: what was paid stands in the ledger', async () => {
    const { at, run, wages } = await openWithWages();
    await payOut(at);
    expect(await runPayoutBatch(at.database, run.id)).toBe('ended');
    await at.db
      .updateTable('payout_run')
      .set({ status: 'RUNNING', finished_at: null, cursor: null })
      .where('id', '=', run.id)
      .execute();
    expect(await runPayoutBatch(at.database, run.id)).toBe('ended');
    expect(await paid(at.db)).toEqual(wages);
  });
});

describe('days go in order', () => {
  test('the run of a day waits while that of an earlier one is unfinished', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    for (const n of [1, 2, 3]) await at.reward(task(n), parrot(n));
    const first = await closeDay(at.database, at.company);
    expect(await runPayoutBatch(at.database, first.id, 1)).toBe('more');
    at.clock.set('2026-03-11T09:00:00Z');
    await at.reward(task(4), parrot(3));
    const second = await closeDay(at.database, at.company);
    expect(await runPayoutBatch(at.database, second.id)).toBe('waits');
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', rewardOf(1)]]);
    await finishRun(at.database, first.id, 1);
    expect(await runPayoutBatch(at.database, second.id)).toBe('ended');
    expect(await paid(at.db)).toEqual([
      ...[1, 2, 3].map((n) => [parrot(n), '2026-03-10', rewardOf(n)]),
      [parrot(3), '2026-03-11', rewardOf(4)],
    ]);
  });

  test('three missed days are caught up in order, each with its own payouts', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    for (const [n, day] of ['2026-03-10', '2026-03-11', '2026-03-12'].entries()) {
      at.clock.set(`${day}T12:00:00Z`);
      await at.reward(task(n), parrot(1));
      await at.charge(task(n), parrot(2));
    }
    at.clock.set('2026-03-13T00:00:00Z');
    await at.reward(task(10), parrot(1));
    expect(await closeDaysThatAreOver(at.database, at.company)).toBe(3);
    expect(await closeDaysThatAreOver(at.database, at.company)).toBe(0);
    await payOut(at);
    expect(await paid(at.db)).toEqual([
      [parrot(1), '2026-03-10', rewardOf(0)],
      [parrot(1), '2026-03-11', rewardOf(1)],
      [parrot(1), '2026-03-12', rewardOf(2)],
    ]);
    expect(await balancesOf(at.db)).toEqual({
      [parrot(1)]: rewardOf(10),
      [parrot(2)]: -feeOf(0) - feeOf(1) - feeOf(2),
    });
  });

  test('closing a day closes the earlier unclosed ones first', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await at.reward(task(1), parrot(1));
    at.clock.set('2026-03-12T09:00:00Z');
    await at.reward(task(2), parrot(1));
    expect(await closeDay(at.database, at.company)).toMatchObject({ day: '2026-03-12' });
    expect(await countRows(at.db, 'payout_run')).toBe(3);
    await payOut(at);
    expect(await paid(at.db)).toEqual([
      [parrot(1), '2026-03-10', rewardOf(1)],
      [parrot(1), '2026-03-12', rewardOf(2)],
    ]);
  });
});

describe('the day an entry counts towards', () => {
  test('a late completion of a closed day counts towards the first unclosed one', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await at.reward(task(1), parrot(1));
    at.clock.set('2026-03-13T09:00:00Z');
    await closeDay(at.database, at.company, '2026-03-11');
    await payOut(at);
    // One happened on a closed day, one on an open day, and one today.
    await at.reward(task(2), parrot(2), '2026-03-10T10:00:00Z');
    await at.reward(task(3), parrot(2), '2026-03-12T10:00:00Z');
    await at.reward(task(4), parrot(2), '2026-03-13T08:00:00Z');
    expect((await entryDays(at.db, parrot(2))).map(([, day]) => day)).toEqual([
      '2026-03-12',
      '2026-03-12',
      '2026-03-13',
    ]);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-10', rewardOf(1)]]);
    await closeDay(at.database, at.company, '2026-03-12');
    await payOut(at);
    expect((await paid(at.db)).slice(1)).toEqual([[parrot(2), '2026-03-12', rewardOf(2) + rewardOf(3)]]);
  });

  test('after today has closed it is tomorrow, which closes when it is over', async () => {
    const at = await open('2026-03-10T09:00:00Z');
    await closeDay(at.database, at.company);
    await payOut(at);
    await at.reward(task(1), parrot(1));
    expect(await entryDays(at.db, parrot(1))).toEqual([['COMPLETION_REWARD', '2026-03-11']]);
    await expect(closeDay(at.database, at.company, '2026-03-11')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    at.clock.set('2026-03-11T23:59:50Z');
    expect(await closeDaysThatAreOver(at.database, at.company)).toBe(0);
    at.clock.set('2026-03-12T00:00:00Z');
    expect(await closeDaysThatAreOver(at.database, at.company)).toBe(1);
    await payOut(at);
    expect(await paid(at.db)).toEqual([[parrot(1), '2026-03-11', rewardOf(1)]]);
  });

  test.each([
    // A day of 23 hours, and one of 25, with Berlin's midnights in UTC: before and after the clock changes.
    { day: '2026-03-29', next: '2026-03-30', begins: '2026-03-28T23:00:00Z', ends: '2026-03-29T22:00:00Z' },
    { day: '2026-10-25', next: '2026-10-26', begins: '2026-10-24T22:00:00Z', ends: '2026-10-25T23:00:00Z' },
  ])('in Berlin, $day goes from local midnight to local midnight', async ({ day, next, begins, ends }) => {
    const before = (moment: string) => new Date(new Date(moment).getTime() - 1).toISOString();
    // The books are opened a minute early, since the clock runs on meanwhile.
    const minuteBefore = new Date(new Date(begins).getTime() - 60_000).toISOString();
    const at = await open(minuteBefore, 'Europe/Berlin');
    const dayBefore = at.company.firstDay;
    at.clock.set(new Date(new Date(ends).getTime() - 30_000).toISOString());
    await at.charge(task(1), parrot(1), before(begins));
    await at.charge(task(2), parrot(1), begins);
    await at.reward(task(3), parrot(1), before(ends));
    expect(await closeDaysThatAreOver(at.database, at.company)).toBe(1);
    at.clock.set(ends);
    await at.reward(task(4), parrot(1), ends);
    expect((await entryDays(at.db, parrot(1))).map(([, counts]) => counts)).toEqual([
      dayBefore,
      day,
      day,
      next,
    ]);
    expect(await closeDaysThatAreOver(at.database, at.company)).toBe(1);
    const runs = await at.db.selectFrom('payout_run').select('day').orderBy('day').execute();
    expect(runs.map((run) => run.day)).toEqual([dayBefore, day]);
    await payOut(at);
    const wages = rewardOf(3) - feeOf(1) - feeOf(2);
    expect(await paid(at.db)).toEqual(wages > 0 ? [[parrot(1), day, wages]] : []);
  });
});

test('the application can neither change nor delete what stands in the ledger, nor what a task costs', async () => {
  const at = await open('2026-03-10T09:00:00Z');
  await at.reward(task(1), parrot(1));
  await closeDay(at.database, at.company);
  await payOut(at);
  for (const [table, column] of [
    ['ledger_entry', 'amount_cents'],
    ['payout', 'amount_cents'],
    ['task_price', 'fee_cents'],
  ] as const) {
    for (const statement of [
      `update ${table} set ${column} = 1000`,
      `delete from ${table}`,
      `truncate ${table} cascade`,
      `drop table ${table}`,
    ])
      await expect(sql.raw(statement).execute(at.db), statement).rejects.toMatchObject({ code: '42501' });
  }
  expect(await paid(at.db)).toHaveLength(1);
});

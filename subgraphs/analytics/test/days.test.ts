import type { Kysely } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import { idOf } from '../../../tests/support/facts.ts';
import { insertClosedDays } from '../src/repository.ts';
import type { AnalyticsTables } from '../src/tables.ts';
import { countEntries } from '../src/usecases/countEntries.ts';
import { readDay, readDays } from '../src/usecases/readFigures.ts';

/** Rule 14: accounts below zero are those of now for today, and those at closing for a closed day. */

let db: Kysely<AnalyticsTables>;
beforeEach(async () => {
  db = openTestDatabase<AnalyticsTables>(await cloneDatabase('analytics'));
});
afterEach(() => db.destroy());

const timeZone = 'Europe/Berlin';
const clock = { now: () => new Date('2026-03-10T09:00:00Z') };

/** Counts a fee that leaves one more account below zero. */
const charge = (n: number, day: string) =>
  workOn(db).transact((work) =>
    countEntries(
      work,
      {
        entryId: [idOf(0xe, n)],
        kind: ['ASSIGNMENT_FEE'],
        accountId: [idOf(0xa, n)],
        number: [1],
        amountCents: [-1_000],
        balanceAfterCents: [-1_000],
        day: [day],
        taskId: [idOf(0xb, n)],
        occurredAt: [`${day}T12:00:00.000Z`],
      },
      timeZone,
    ),
  );
const close = (day: string, accountsInTheRed: number) =>
  db
    .transaction()
    .execute((trx) => insertClosedDays(trx, [{ day, accountsInTheRed, closedAt: `${day}T23:00:00.000Z` }]));

const inTheRed = async (from: string, to: string) =>
  Object.fromEntries(
    (await readDays(workOn(db, clock), timeZone, { from, to })).map(({ day, employeesInTheRed }) => [
      day.slice(5),
      employeesInTheRed,
    ]),
  );

test('days before the company’s first and days to come have nobody in the red', async () => {
  await charge(1, '2026-03-08');
  await close('2026-03-07', 0);
  await close('2026-03-08', 1);
  await close('2026-03-09', 1);
  await charge(2, '2026-03-10');
  expect(await inTheRed('2026-03-05', '2026-03-12')).toEqual({
    '03-05': 0,
    '03-06': 0,
    '03-07': 0,
    '03-08': 1,
    '03-09': 1,
    '03-10': 2,
    '03-11': 0,
    '03-12': 0,
  });
  expect(await readDay(workOn(db, clock), timeZone, null)).toMatchObject({ employeesInTheRed: 2 });
});

test('after today has closed, those of now are the billing day’s', async () => {
  await charge(1, '2026-03-10');
  await close('2026-03-10', 1);
  await charge(2, '2026-03-11');
  expect(await inTheRed('2026-03-09', '2026-03-12')).toEqual({
    '03-09': 0,
    '03-10': 1,
    '03-11': 2,
    '03-12': 0,
  });
});

test('before any day has closed, and while days wait for their closing, those of now are every open day’s', async () => {
  await charge(1, '2026-03-09');
  await charge(2, '2026-03-10');
  expect(await inTheRed('2026-03-08', '2026-03-11')).toEqual({
    '03-08': 0,
    '03-09': 2,
    '03-10': 2,
    '03-11': 0,
  });
});

test('a company that has just begun has nobody in the red', async () => {
  expect(await inTheRed('2026-03-09', '2026-03-11')).toEqual({ '03-09': 0, '03-10': 0, '03-11': 0 });
});

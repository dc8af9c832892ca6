import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, workOn } from '../../../tests/support/databases.ts';
import { networkOf } from '../src/domain/network.ts';
import type { AuthTables } from '../src/tables.ts';
import { createAccount } from '../src/usecases/createAccount.ts';
import { failureLimits, logIn } from '../src/usecases/logIn.ts';
import { rotateSigningKeys } from '../src/usecases/rotateSigningKeys.ts';

let db: Kysely<AuthTables>;
const clock = { now: () => new Date('2026-03-10T09:00:00.000Z') };
const beakShape = 'tiny, round, mustard';

beforeAll(async () => {
  db = openTestDatabase(await cloneDatabase('auth'));
  await rotateSigningKeys(workOn(db, clock));
  const kiwi = { login: 'kiwi', name: 'Kiwi', email: 'kiwi@popug.example', role: 'EMPLOYEE' } as const;
  await createAccount(workOn(db, clock), { ...kiwi, beakShape });
});
afterAll(() => db?.destroy());
beforeEach(() => db.deleteFrom('login_failure').execute());

const attempt = (clientAddress: string, shape: string, login = 'kiwi') =>
  logIn(workOn(db, clock), { login, beakShape: shape, clientAddress }).then(
    () => 'in',
    (refusal) => refusal.code as string,
  );
/** Stores as many failures as block an address, without trying each. */
const block = (subject: string, failures = failureLimits.perAddress) =>
  db.insertInto('login_failure').values({ subject, window_start: clock.now(), failures }).execute();

describe('an address that is blocked', () => {
  test('is refused, whatever it knows, and locks out nobody else', async () => {
    await block('address:192.0.2.1');
    for (let n = 0; n < failureLimits.perLogin + 5; n++)
      expect(await attempt('192.0.2.1', beakShape)).toBe('TOO_MANY_REQUESTS');
    expect(await attempt('192.0.2.2', beakShape)).toBe('in');
  });

  test('is its whole network where it is an IPv6 address, which its owner has any number of', async () => {
    await attempt('2001:db8:0:1::1', 'another');
    await db
      .updateTable('login_failure')
      .set({ failures: 100 })
      .where('subject', 'like', 'address:%')
      .execute();
    expect(await attempt('2001:db8:0:1:ffff::2', beakShape)).toBe('TOO_MANY_REQUESTS');
    expect(await attempt('2001:db8:0:2::1', beakShape)).toBe('in');
  });
});

test('failures that a process whose clock was ten days ahead has counted block nobody for ten days', async () => {
  const inTenDays = new Date(clock.now().getTime() + 10 * 86_400_000);
  for (const subject of ['login:kiwi', 'address:192.0.2.1'])
    await db
      .insertInto('login_failure')
      .values({ subject, window_start: inTenDays, failures: failureLimits.perAddress })
      .execute();
  expect(await attempt('192.0.2.1', 'another')).toBe('UNAUTHENTICATED');
  expect(await attempt('192.0.2.1', beakShape)).toBe('in');
});

test('a window that another process has just opened by a clock a little ahead goes on', async () => {
  const soon = new Date(clock.now().getTime() + 60_000);
  await db
    .insertInto('login_failure')
    .values({ subject: 'login:kiwi', window_start: soon, failures: failureLimits.perLogin })
    .execute();
  expect(await attempt('192.0.2.1', beakShape)).toBe('TOO_MANY_REQUESTS');
});

test('a login that failed too often is blocked from everywhere, and tells nobody whether it exists', async () => {
  for (const login of ['kiwi', 'nobody']) {
    for (let n = 0; n < failureLimits.perLogin; n++)
      expect(await attempt(`192.0.2.${n}`, 'another', login)).toBe('UNAUTHENTICATED');
    expect(await attempt('192.0.2.99', beakShape, login)).toBe('TOO_MANY_REQUESTS');
  }
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0000:1234:5678:9abc:def0', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '192.0.2.1'],
  ['unknown', 'unknown'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Exchange, startExchange } from './support/exchange.ts';

/** Rules 10 and 11, through the whole exchange; on accounting's own database they are in `subgraphs/accounting/test`. */

describe('through the exchange', () => {
  let exchange: Exchange;
  beforeEach(async () => {
    exchange = await startExchange({ startsAt: '2026-03-10T09:00:00Z' });
  });
  afterEach(() => exchange?.stop());

  const close = 'mutation ($day: Date) { closeDay(day: $day) { id day status payoutCount paidTotal } }';
  const companyDays =
    '{ companyDays(from: "2026-03-10", to: "2026-03-13") { day closed feesCharged rewardsPaid paidOut } }';

  /** Puts up tasks, which their assignees resolve. */
  async function workForADay(name: string): Promise<void> {
    const { users } = await exchange.data('ada', '{ users(first: 200) { nodes { id login } } }');
    const loginOf = new Map<string, string>(
      users.nodes.map((user: { id: string; login: string }) => [user.id, user.login]),
    );
    for (let n = 0; n < 6; n++) {
      const { createTask: created } = await exchange.data(
        'max',
        'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id assignee { id } } }',
        { input: { title: `${name} ${n}`, idempotencyKey: `${name} ${n}` } },
      );
      await exchange.data(
        loginOf.get(created.assignee.id)!,
        'mutation ($id: ID!) { resolveTask(id: $id) { id } }',
        { id: created.id },
      );
    }
    await exchange.settle();
  }

  test('a day closed by two admins at once while no worker lives is paid once when one comes', async () => {
    await workForADay('tenth');
    await exchange.stopWorkers();
    const [one, other] = await Promise.all([exchange.data('ada', close), exchange.data('ada', close)]);
    expect(other.closeDay.id).toBe(one.closeDay.id);
    expect(one.closeDay.status).toBe('RUNNING');
    const open = (await exchange.data('ada', companyDays)).companyDays.at(-1);
    expect(open).toMatchObject({ day: '2026-03-10', closed: false, paidOut: '0.00' });
    await exchange.startWorkers();
    await exchange.settle();
    expect((await exchange.data('kiwi', '{ company { today billingDay } }')).company).toEqual({
      today: '2026-03-10',
      billingDay: '2026-03-11',
    });
    const closed = (await exchange.data('ada', companyDays)).companyDays.at(-1);
    expect(closed).toMatchObject({ ...open, closed: true, paidOut: expect.not.stringMatching(/^0\.00$/) });
    const redis = exchange.redisUrl ? new Redis(exchange.redisUrl) : null;
    // This is only a mark: nothing is paid again when it is deleted.
    await expect.poll(async () => redis?.del('payout:done:2026-03-10') ?? 1).toBe(1);
    redis?.disconnect();
    const { closeDay: again } = await exchange.data('ada', close, { day: '2026-03-10' });
    expect(again).toMatchObject({ id: one.closeDay.id, status: 'COMPLETED', paidTotal: closed.paidOut });
    await exchange.settle();
    expect((await exchange.data('ada', companyDays)).companyDays.at(-1)).toEqual(closed);
  });

  test('days missed in an outage are closed at the next start, each on its own', async () => {
    await workForADay('tenth');
    await exchange.stopWorkers();
    exchange.clock.set('2026-03-13T00:00:30Z');
    await exchange.startWorkers();
    await expect
      .poll(
        async () => {
          const { companyDays: days } = await exchange.data('ada', companyDays);
          return days.map((day: { closed: boolean }) => day.closed);
        },
        { timeout: 15_000 },
      )
      .toEqual([false, true, true, true]);
    await exchange.settle();
    const { companyDays: days } = await exchange.data('ada', companyDays);
    expect(days.map((day: { paidOut: string }) => day.paidOut)).toEqual([
      '0.00',
      '0.00',
      '0.00',
      expect.not.stringMatching(/^0\.00$/),
    ]);
    expect((await exchange.data('kiwi', '{ company { timeZone today billingDay } }')).company).toEqual({
      timeZone: 'UTC',
      today: '2026-03-13',
      billingDay: '2026-03-13',
    });
    const runs = async (after: string | null) =>
      (
        await exchange.data(
          'iris',
          'query ($after: String) { payoutRuns(first: 2, after: $after) { nodes { day status } pageInfo { hasNextPage endCursor } } }',
          { after },
        )
      ).payoutRuns;
    const newest = await runs(null);
    expect(newest.nodes).toEqual([
      { day: '2026-03-12', status: 'COMPLETED' },
      { day: '2026-03-11', status: 'COMPLETED' },
    ]);
    expect(newest.pageInfo.hasNextPage).toBe(true);
    expect(await runs(newest.pageInfo.endCursor)).toMatchObject({
      nodes: [{ day: '2026-03-10', status: 'COMPLETED' }],
      pageInfo: { hasNextPage: false },
    });
    for (const day of ['2026-03-14', '2026-03-09'])
      expect((await exchange.ask('ada', close, { day })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const { ledgerAudit } = await exchange.data('ada', '{ ledgerAudit { ok imbalance } }');
    expect(ledgerAudit).toEqual({ ok: true, imbalance: '0.00' });
  });
});

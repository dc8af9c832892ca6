import type { AccountingTables } from '@ates/accounting/tables';
import type { AnalyticsTables } from '@ates/analytics/tables';
import type { OutboxTables } from '@ates/kit/database/outbox';
import { EventSchemaError } from '@ates/kit/database/unitOfWork';
import { listDeadLetters } from '@ates/kit/events/deadLetters';
import { type EventHandler, onEvent } from '@ates/kit/events/handlers';
import { newId } from '@ates/kit/process/ids';
import { type EventDefinition, type Fact, toColumns } from '@ates/schema/event';
import { dayClosed } from '@ates/schema/events/accounting.day_closed.v1';
import type { TrackerTables } from '@ates/tracker/tables';
import { accountingHandlers } from '@ates/workers/accounting';
import { analyticsHandlers } from '@ates/workers/analytics';
import { trackerHandlers } from '@ates/workers/tracker';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cloneDatabase, openTestDatabase, type ServiceName, workOn } from './support/databases.ts';
import { type Exchange, startExchange } from './support/exchange.ts';
import {
  assignedFact,
  behindTheScenes,
  countRows,
  createdFact,
  cutOffWhoWaits,
  deliver,
  deliveryOf,
  expectSoundBooks,
  idOf,
  killWhenItWrites,
  openTestBooks,
  type TestBooks,
  tasksAssigned,
  tasksCreated,
  userFact,
  usersChanged,
} from './support/facts.ts';

/** Poison is put aside, and only poison. */

const parrot = (n: number) => idOf(0xa, n);
const task = (n: number) => idOf(0xb, n);
const moment = '2026-03-10T09:00:00.000Z';
const assigned = (n: number, change: Partial<Fact<typeof tasksAssigned>> = {}) => ({
  ...assignedFact(task(n), parrot(n), moment, idOf(0xc, n)),
  ...change,
});
const now = () => new Date(moment);

let at: TestBooks | undefined;
afterEach(async () => {
  if (!at) return;
  await expectSoundBooks(at.db);
  await at.close();
  at = undefined;
});
const open = async () => {
  at = await openTestBooks(moment);
  return at;
};
const deliverTo = ({ db, company }: TestBooks, delivery: ReturnType<typeof deliveryOf>) =>
  deliver(workOn(db, { now }), 'accounting', accountingHandlers(company), delivery);

async function charged({ db }: TestBooks): Promise<string[]> {
  const rows = await db.selectFrom('ledger_entry').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

describe('at the producer', () => {
  test.each<[string, unknown]>([
    ['an id that is none', toColumns(tasksAssigned, [assigned(1, { taskId: 'POPUG-42' })])],
    [
      'a moment that is none',
      toColumns(tasksAssigned, [assigned(1, { occurredAt: '2026-13-45T99:00:00.000Z' })]),
    ],
    ['columns of unequal length', { ...toColumns(tasksAssigned, [assigned(1), assigned(2)]), title: ['x'] }],
    ['a field too many', { ...toColumns(tasksAssigned, [assigned(1)]), feeCents: [1] }],
    ['no facts at all', toColumns(tasksAssigned, [])],
    [
      'more facts than an event holds',
      toColumns(
        tasksAssigned,
        Array.from({ length: 1_001 }, (_, n) => assigned(n)),
      ),
    ],
  ])('%s takes back the whole transaction', async (_, columns) => {
    const { db } = await open();
    await expect(
      workOn(db, { now }).transact(async (work) => {
        await work.trx
          .insertInto('account')
          .values({ id: parrot(1), balance_cents: 0, last_number: 0 })
          .execute();
        const created = toColumns(tasksCreated, [createdFact(task(1), moment)]);
        await work.append(tasksCreated, created, 'interactive');
        await work.append(tasksAssigned, columns as never, 'interactive');
      }),
    ).rejects.toThrow(EventSchemaError);
    for (const table of ['account', 'outbox_event', 'outbox_delivery'])
      expect(await countRows(db, table), table).toBe(0);
  });
});

describe('at a consumer, one bad fact among good ones', () => {
  test.each<[string, Partial<Record<keyof Fact<typeof tasksAssigned>, unknown>>, RegExp]>([
    [
      'does not match the schema',
      { assigneeId: 'kiwi' },
      /schema of tracker\.tasks_assigned\.v1: assigneeId/,
    ],
    ['has null for a text', { title: null }, /title/],
    ['has a number for a text', { title: 42 }, /title/],
    ['happened at no moment there is', { occurredAt: '2026-13-45T99:99:99.999Z' }, /occurredAt/],
    ['happened on a day there is not', { occurredAt: '2026-02-31T09:00:00.000Z' }, /occurredAt/],
    ['holds what the database cannot', { title: 'a\u0000b' }, /0x00/],
  ])('that %s becomes a dead letter, and the good ones are applied', async (_, change, reason) => {
    const open_ = await open();
    const facts = [assigned(1), assigned(2, change as never), assigned(3)];
    const delivery = deliveryOf(tasksAssigned, facts);
    expect(await deliverTo(open_, delivery)).toBe('applied in part');
    expect(await charged(open_)).toEqual([idOf(0xc, 1), idOf(0xc, 3)]);
    const letters = await listDeadLetters(open_.db, 10);
    expect(letters).toMatchObject([
      {
        event: tasksAssigned.name,
        consumer: 'accounting',
        attempts: 1,
        error: expect.stringMatching(reason),
      },
    ]);
    expect(JSON.parse(letters[0]!.fact)).toEqual(JSON.parse(JSON.stringify(facts[1])));
    // The event counts as applied: sent again, it changes nothing.
    expect(await deliverTo(open_, delivery)).toBe('had it already');
    expect(await countRows(open_.db, 'dead_letter')).toBe(1);
  });

  test('that a constraint of the database refuses becomes a dead letter', async () => {
    const open_ = await open();
    await refuse(open_.url, 'ledger_entry', 'no_ghosts', `account_id <> '${parrot(2)}'`);
    expect(await deliverTo(open_, deliveryOf(tasksAssigned, [assigned(1), assigned(2), assigned(3)]))).toBe(
      'applied in part',
    );
    expect(await charged(open_)).toEqual([idOf(0xc, 1), idOf(0xc, 3)]);
    expect((await listDeadLetters(open_.db, 10))[0]?.error).toMatch(/no_ghosts/);
    // Nothing is left of the refused fact: no account, no price and no event.
    expect(await open_.db.selectFrom('account').select('id').orderBy('id').execute()).toEqual([
      { id: parrot(1) },
      { id: parrot(3) },
    ]);
    expect(await countRows(open_.db, 'outbox_event')).toBe(2);
  });

  test('whose consequence is no event becomes a dead letter', async () => {
    const open_ = await open();
    const real = accountingHandlers(open_.company).find(({ event }) => event === tasksAssigned)!;
    // For one assignee only, this handler publishes a fact that its event's schema refuses.
    const careless = onEvent<AccountingTables, typeof tasksAssigned>(
      tasksAssigned,
      async (work, facts, context) => {
        await real.apply(work, facts as never, context);
        const said = facts.assigneeId.map((id, at) =>
          createdFact(id === parrot(2) ? 'POPUG-42' : facts.taskId[at]!, moment),
        );
        await work.append(tasksCreated, toColumns(tasksCreated, said), context.lane);
      },
    );
    const delivery = deliveryOf(tasksAssigned, [assigned(1), assigned(2), assigned(3)]);
    const attempt = () => deliver(open_.database, 'accounting', [careless], delivery);
    expect(await attempt()).toBe('applied in part');
    expect(await charged(open_)).toEqual([idOf(0xc, 1), idOf(0xc, 3)]);
    const [letter, ...others] = await listDeadLetters(open_.db, 10);
    expect(others).toEqual([]);
    expect(letter!.error).toMatch(/tracker\.tasks_created\.v1 does not match its schema: taskId/);
    expect(JSON.parse(letter!.fact)).toMatchObject({ assigneeId: parrot(2) });
    // Each good fact has two events: the charge's and the handler's own. The bad one has none.
    expect(await countRows(open_.db, 'outbox_event')).toBe(4);
    expect(await attempt()).toBe('had it already');
  });

  test.each([
    ['not JSON', '{"assignmentId": ['],
    ['not columns', '"Clean the cage"'],
    ['null', 'null'],
    ['empty', '{}'],
    ['columns without facts', JSON.stringify(toColumns(tasksAssigned, []))],
    // It is not known which values belong together: the wrong person could be charged.
    [
      'columns that are not equally long',
      JSON.stringify({ ...toColumns(tasksAssigned, [assigned(1), assigned(2)]), jiraId: ['POPUG-1'] }),
    ],
  ])('a payload that is %s is put aside whole', async (_, payload) => {
    const open_ = await open();
    const delivery = { ...deliveryOf(tasksAssigned, [assigned(1)]), payload };
    expect(await deliverTo(open_, delivery)).toBe('applied in part');
    expect(await countRows(open_.db, 'dead_letter')).toBe(1);
    expect(await deliverTo(open_, delivery)).toBe('had it already');
    expect(await charged(open_)).toEqual([]);
  });

  test('inbox row, good facts and dead letter are one transaction: cut off, nothing of them is there', async () => {
    const open_ = await open();
    const delivery = deliveryOf(tasksAssigned, [
      assigned(1),
      assigned(2, { title: 'a\u0000b' }),
      assigned(3),
    ]);
    const outcome = await killWhenItWrites(open_.url, 'dead_letter', () => deliverTo(open_, delivery));
    expect(outcome.status).toBe('rejected');
    for (const table of ['inbox', 'ledger_entry', 'account', 'dead_letter', 'outbox_event'])
      expect(await countRows(open_.db, table), table).toBe(0);
    expect(await deliverTo(open_, delivery)).toBe('applied in part');
    expect(await charged(open_)).toEqual([idOf(0xc, 1), idOf(0xc, 3)]);
  });
});

describe('what may succeed the next time is no poison', () => {
  const lost = (code: string) => Object.assign(new Error('the connection is gone'), { code });

  test.each([
    'ECONNRESET',
    'ECONNREFUSED',
    'ETIMEDOUT',
    '57P01',
    '08006',
    '57014',
    '53300',
    '25P03',
    '55P03',
    '23502',
    '42703',
    '42P01',
  ])('a handler that fails with %s is tried again, and nothing is put aside', async (code) => {
    const open_ = await open();
    let failures = 1;
    const real = accountingHandlers(open_.company).find(({ event }) => event === tasksAssigned)!;
    const shaky: EventHandler<AccountingTables> = onEvent<AccountingTables, typeof tasksAssigned>(
      tasksAssigned,
      async (work, facts, context) => {
        await real.apply(work, facts as never, context);
        if (failures-- > 0) throw lost(code);
      },
    );
    const delivery = deliveryOf(tasksAssigned, [assigned(1), assigned(2)]);
    const attempt = () => deliver(open_.database, 'accounting', [shaky], delivery);
    await expect(attempt()).rejects.toMatchObject({ code });
    for (const table of ['inbox', 'ledger_entry', 'dead_letter', 'outbox_event'])
      expect(await countRows(open_.db, table), table).toBe(0);
    expect(await attempt()).toBe('applied');
    expect(await charged(open_)).toHaveLength(2);
  });

  test('also while an event with poison in it is applied fact by fact', async () => {
    const open_ = await open();
    let calls = 0;
    const shaky: EventHandler<AccountingTables> = onEvent<AccountingTables, typeof tasksAssigned>(
      tasksAssigned,
      async (work, facts, context) => {
        const real = accountingHandlers(open_.company).find(({ event }) => event === tasksAssigned)!;
        await real.apply(work, facts as never, context);
        if (++calls === 2) throw lost('ECONNRESET');
      },
    );
    // The schema refuses the first fact, so the good ones are applied one by one. The second of them fails.
    const facts = [assigned(1, { taskId: 'x' }), assigned(2), assigned(3)];
    const delivery = deliveryOf(tasksAssigned, facts);
    const attempt = () => deliver(open_.database, 'accounting', [shaky], delivery);
    await expect(attempt()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await countRows(open_.db, 'dead_letter')).toBe(0);
    expect(await countRows(open_.db, 'inbox')).toBe(0);
    expect(await attempt()).toBe('applied in part');
    expect(await charged(open_)).toEqual([idOf(0xc, 2), idOf(0xc, 3)]);
  });
});

test("tracker's and analytics' consumers put aside just the bad facts, too", async () => {
  const tracker = openTestDatabase<TrackerTables>(await cloneDatabase('tracker'));
  const analytics = openTestDatabase<AnalyticsTables>(await cloneDatabase('analytics'));
  try {
    const tooBig = userFact(parrot(2), { version: 3_000_000_000 });
    const users = deliveryOf(usersChanged, [userFact(parrot(1)), tooBig, userFact(parrot(3))]);
    expect(await deliver(workOn(tracker), 'tracker', trackerHandlers, users)).toBe('applied in part');
    const copies = await tracker.selectFrom('user_copy').select('id').orderBy('id').execute();
    expect(copies.map(({ id }) => id)).toEqual([parrot(1), parrot(3)]);
    expect(await listDeadLetters(tracker, 10)).toMatchObject([{ consumer: 'tracker', attempts: 1 }]);

    const closed = (day: string) => ({
      day,
      accountsInTheRed: 1,
      feesCents: 0,
      rewardsCents: 0,
      paidOutCents: 0,
      payoutCount: 0,
      closedAt: moment,
    });
    const days = deliveryOf(dayClosed, ['2026-02-28', '2026-02-31', '2026-03-01'].map(closed));
    expect(await deliver(workOn(analytics), 'analytics', analyticsHandlers('UTC'), days)).toBe(
      'applied in part',
    );
    expect(await analytics.selectFrom('closed_day').select('day').orderBy('day').execute()).toEqual([
      { day: '2026-02-28' },
      { day: '2026-03-01' },
    ]);
    expect(await listDeadLetters(analytics, 10)).toMatchObject([{ consumer: 'analytics', attempts: 1 }]);
  } finally {
    await Promise.all([tracker.destroy(), analytics.destroy()]);
  }
});

/** Makes a table refuse some rows, as an unforeseen rule would. */
const refuse = (databaseUrl: string, table: string, name: string, check: string) =>
  behindTheScenes(databaseUrl, async (client) => {
    await client.query(`alter table ${table} add constraint ${name} check (${check}) not valid`);
  });
const mend = (databaseUrl: string, table: string, name: string) =>
  behindTheScenes(databaseUrl, async (client) => {
    await client.query(`alter table ${table} drop constraint ${name}`);
  });

describe('through the exchange', () => {
  let exchange: Exchange;
  beforeAll(async () => {
    exchange = await startExchange({ startsAt: moment });
  });
  afterAll(() => exchange?.stop());

  /** Appends an event to a service's outbox, as a use case would. */
  async function tell<Definition extends EventDefinition>(
    producer: ServiceName,
    definition: Definition,
    facts: readonly Fact<Definition>[],
  ): Promise<void> {
    const db = openTestDatabase<OutboxTables>(exchange.databases[producer]);
    try {
      await workOn(db, exchange.clock).transact((work) =>
        work.append(definition, toColumns(definition, facts), 'interactive'),
      );
    } finally {
      await db.destroy();
    }
  }

  const subjects = {
    tracker: {
      letters: 'trackerDeadLetters',
      resend: 'resendTrackerDeadLetter',
      table: 'user_copy',
      check: (id: string) => `id <> '${id}'`,
      tell: (id: string) => tell('auth', usersChanged, [userFact(id), userFact(newId())]),
      event: usersChanged.name,
      holds: 'select 1 from user_copy where id = $1',
    },
    accounting: {
      letters: 'accountingDeadLetters',
      resend: 'resendAccountingDeadLetter',
      table: 'ledger_entry',
      check: (id: string) => `account_id <> '${id}'`,
      tell: (id: string) =>
        tell('tracker', tasksAssigned, [
          assignedFact(newId(), id, moment),
          assignedFact(newId(), newId(), moment),
        ]),
      event: tasksAssigned.name,
      holds: 'select 1 from ledger_entry where account_id = $1',
    },
    analytics: {
      letters: 'analyticsDeadLetters',
      resend: 'resendAnalyticsDeadLetter',
      table: 'counted_fact',
      check: (id: string) => `id <> '${id}'`,
      tell: (id: string) =>
        tell('tracker', tasksCreated, [createdFact(id, moment), createdFact(newId(), moment)]),
      event: tasksCreated.name,
      holds: 'select 1 from counted_fact where id = $1',
    },
  } as const;

  test.each(['tracker', 'accounting', 'analytics'] as const)(
    'an admin sees what %s has put aside, and resends it once the cause is mended',
    async (service) => {
      const subject = subjects[service];
      const url = exchange.databases[service];
      const id = newId();
      const list = async () =>
        (
          await exchange.data(
            'ada',
            `{ ${subject.letters} { id event consumer error attempts failedAt fact } }`,
          )
        )[subject.letters];
      const resend = async (letterId: string) =>
        exchange.data('ada', `mutation ($id: ID!) { ${subject.resend}(id: $id) }`, { id: letterId });
      const holds = () =>
        behindTheScenes(url, async (client) => (await client.query(subject.holds, [id])).rowCount);

      await refuse(url, subject.table, 'first_reason', subject.check(id));
      await subject.tell(id);
      await exchange.settle();
      const [letter, ...others] = await list();
      expect(others).toEqual([]);
      expect(letter).toMatchObject({ event: subject.event, consumer: service, attempts: 1 });
      expect(letter.error).toMatch(/first_reason/);
      expect(letter.fact).toContain(id);
      expect(await holds()).toBe(0);

      // Other events are still applied.
      const { createTask: created } = await exchange.data(
        'max',
        'mutation ($input: CreateTaskInput!) { createTask(input: $input) { id } }',
        { input: { title: `After the poison in ${service}` } },
      );
      await exchange.settle();
      const { task: found } = await exchange.data(
        'ada',
        'query ($id: ID!) { task(id: $id) { assignmentFee } }',
        { id: created.id },
      );
      expect(found.assignmentFee).toMatch(/^1\d|20/);

      // Refused again, the dead letter stays, with the new reason.
      await mend(url, subject.table, 'first_reason');
      await refuse(url, subject.table, 'second_reason', subject.check(id));
      await resend(letter.id);
      await expect.poll(async () => (await list())[0]?.attempts, { timeout: 15_000 }).toBe(2);
      expect((await list())[0].error).toMatch(/second_reason/);
      expect(await holds()).toBe(0);

      await mend(url, subject.table, 'second_reason');
      await resend(letter.id);
      await expect.poll(list, { timeout: 15_000 }).toEqual([]);
      expect(await holds()).toBe(1);
      await exchange.settle();
      const again = await exchange.ask('ada', `mutation ($id: ID!) { ${subject.resend}(id: $id) }`, {
        id: letter.id,
      });
      expect(again.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    },
  );

  test('a connection cut in the middle of a delivery costs a retry, not a fact', async () => {
    const id = newId();
    const url = exchange.databases.accounting;
    await behindTheScenes(url, async (client) => {
      await client.query('begin');
      await client.query('lock table ledger_entry in share mode');
      await tell('tracker', tasksAssigned, [assignedFact(newId(), id, moment)]);
      await cutOffWhoWaits(client);
      await client.query('rollback');
    });
    await exchange.settle();
    const { accountingDeadLetters } = await exchange.data('ada', '{ accountingDeadLetters { id } }');
    expect(accountingDeadLetters).toEqual([]);
    await behindTheScenes(url, async (client) => {
      const { rowCount } = await client.query('select 1 from ledger_entry where account_id = $1', [id]);
      expect(rowCount).toBe(1);
    });
    const { ledgerAudit } = await exchange.data('ada', '{ ledgerAudit { ok } }');
    expect(ledgerAudit.ok).toBe(true);
  });
});

import pg from 'pg';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { asSuperuser, type ServiceName } from './support/databases.ts';
import { startExchange } from './support/exchange.ts';

/** Leaves out the tables of BullMQ and of migrations, which are not ours to change. */
const ownTables = `select table_name as name from information_schema.tables
  where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%' order by 1`;

const everything = `{
  me { id name } users(first: 10) { nodes { id login } }
  tasks(first: 20) { nodes { id title assignee { name openTaskCount account { balance } tasks(first: 2) { nodes { id } } }
    assignments(first: 2) { nodes { id assignee { id } reassignment { id } } } assignmentFee completionReward } }
  myTasks(first: 5) { nodes { id } } reassignments(first: 5) { nodes { id processed requestedBy { name } } }
  accounts(first: 5) { nodes { id balance earnedToday auditLog(first: 5) { nodes { description task { title } payout { id } } }
    days(first: 5) { nodes { day closing } } payouts(first: 5) { nodes { id email } } } }
  companyDay { earned } companyDays { day earned } payoutRuns(first: 3) { nodes { day payoutCount } } company { billingDay }
  trackerDeadLetters { id } accountingDeadLetters { id } analyticsDeadLetters { id }
}`;

test('a column that a newer release adds to every table, under load, breaks no statement of the release that runs', async () => {
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line).msg) });
  const exchange = await startExchange({ log });
  try {
    const problems: unknown[] = [];
    let over = false;
    const work = async (login: string) => {
      for (let n = 0; !over || n < 5; n++) {
        const created = await exchange.ask(
          login,
          'mutation ($title: String!) { createTask(input: { title: $title }) { id } }',
          {
            title: `Sweep the aviary, ${login} ${n}`,
          },
        );
        if (created.errors) problems.push(...created.errors);
        const own = await exchange.ask(login, '{ myTasks(status: IN_PROGRESS, first: 1) { nodes { id } } }');
        if (own.errors) problems.push(...own.errors);
        const id = own.data?.myTasks.nodes[0]?.id;
        const resolved =
          id && (await exchange.ask(login, 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id }));
        // The task may have another assignee by now.
        for (const error of resolved?.errors ?? [])
          if (!['FORBIDDEN', 'CONFLICT'].includes(error.extensions.code)) problems.push(error);
      }
    };
    const manage = async () => {
      for (let n = 0; !over || n < 3; n++) {
        await exchange.data('max', 'mutation { reassignTasks { id } }');
        const { errors } = await exchange.ask('ada', everything);
        if (errors) problems.push(...errors);
      }
    };
    // Connections plan their statements before the columns come.
    const working = ['kiwi', 'rio', 'coco', 'iris'].map(work);
    const managing = manage();
    await exchange.data('ada', everything);
    for (const service of ['auth', 'tracker', 'accounting', 'analytics'] satisfies ServiceName[]) {
      const owner = new pg.Client({ connectionString: asSuperuser(exchange.databases[service]) });
      await owner.connect();
      const { rows } = await owner.query<{ name: string }>(ownTables);
      expect(rows.length).toBeGreaterThan(3);
      for (const { name } of rows)
        await owner.query(`alter table ${pg.escapeIdentifier(name)} add column added text`);
      await owner.end();
    }
    over = true;
    await Promise.all([...working, managing]);
    await exchange.data('ada', 'mutation { closeDay { day } }');
    await exchange.settle();
    const last = await exchange.ask('ada', `{ ledgerAudit { ok } ${everything.slice(1)}`);
    expect([...problems, ...(last.errors ?? [])]).toEqual([]);
    // A statement that failed and was tried again shows only in the log.
    expect(logged.filter((line) => /cached plan|could not apply| failed \(/.test(line))).toEqual([]);
    expect(last.data.ledgerAudit).toEqual({ ok: true });
    for (const service of ['tracker', 'accounting', 'analytics'])
      expect(last.data[`${service}DeadLetters`]).toEqual([]);
  } finally {
    await exchange.stop();
  }
});

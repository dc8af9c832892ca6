import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoCompany } from '@ates/auth/usecases/seedCompany';
import { type RunningSystem, startSystem } from '@ates/system/startSystem';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { cloneDatabase, createQueueDatabase, type ServiceName } from './support/databases.ts';
import { settle } from './support/exchange.ts';
import { hasPgBouncer, type PgBouncer, startPgBouncer } from './support/pgBouncer.ts';

const services = ['auth', 'tracker', 'accounting', 'analytics'] as const;
const secret = 'a secret of both systems';

/** Two systems on the same databases through one pooler: two processes of each kind. */
describe.skipIf(!hasPgBouncer())('through PgBouncer in transaction mode', () => {
  let databases: Record<ServiceName, string>;
  let pooler: PgBouncer;
  let queues: Record<string, string>;
  const systems: RunningSystem[] = [];
  const directories: string[] = [];

  beforeEach(async () => {
    const urls = await Promise.all(services.map(cloneDatabase));
    databases = Object.fromEntries(services.map((service, at) => [service, urls[at]])) as typeof databases;
    pooler = await startPgBouncer([...urls, await createQueueDatabase()]);
    const { redisUrl } = inject('stores');
    queues = redisUrl ? { REDIS_URL: redisUrl } : { QUEUE_DATABASE_URL: await createQueueDatabase() };
  });
  afterEach(async () => {
    await Promise.all(systems.splice(0).map((system) => system.stop()));
    await pooler.stop();
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });

  async function start(
    environment: Record<string, string>,
    onLine: (line: string) => void = () => undefined,
  ): Promise<RunningSystem> {
    const directory = mkdtempSync(join(tmpdir(), 'exchange-pooler-'));
    directories.push(directory);
    const { templates } = inject('stores');
    const ofService = (service: ServiceName) => {
      const migrationUrl = new URL(templates[service].migrationUrl);
      migrationUrl.pathname = new URL(databases[service]).pathname;
      return {
        [`${service.toUpperCase()}_DATABASE_URL`]: pooler.through(databases[service]),
        [`${service.toUpperCase()}_MIGRATION_URL`]: migrationUrl.href,
      };
    };
    const system = await startSystem({
      dataDir: directory,
      port: 0,
      environment: {
        INTERNAL_SECRET: secret,
        SEED: 'demo',
        ...Object.assign({}, ...services.map(ofService)),
        ...queues,
        ...environment,
      },
      onLine: (_, line) => onLine(line),
    });
    systems.push(system);
    return system;
  }

  const directUrls = () =>
    Object.fromEntries(
      services.map((service) => [`${service.toUpperCase()}_LISTEN_URL`, databases[service]]),
    );

  /** Creates, resolves and reassigns tasks through both gateways, several people at once. */
  async function work(exchanges: readonly RunningSystem[], tasksEach: number) {
    const tokens = new Map<string, string>();
    let asked = 0;
    const ask = async (login: string, query: string, variables = {}): Promise<any> => {
      const exchange = exchanges[asked++ % exchanges.length] as RunningSystem;
      const response = await fetch(exchange.graphqlUrl, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(tokens.has(login) && { authorization: `Bearer ${tokens.get(login)}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as any;
      if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
      return data;
    };
    for (const { login, beakShape } of demoCompany) {
      const { login: session } = await ask(
        login,
        'mutation ($login: String!, $beakShape: String!) { login(login: $login, beakShape: $beakShape) { accessToken } }',
        { login, beakShape },
      );
      tokens.set(login, session.accessToken);
    }
    await settle(databases, 60_000);
    const people = demoCompany.map(({ login }) => login);
    const press = 'mutation { reassignTasks(onRunning: QUEUE) { id } }';
    await Promise.all([
      ...people.map(async (login) => {
        for (let n = 0; n < tasksEach; n++) {
          await ask(login, 'mutation ($title: String!) { createTask(input: { title: $title }) { id } }', {
            title: `Polish the perch, ${login} ${n}`,
          });
          if (n % 3 === 0) {
            const { myTasks } = await ask(
              login,
              '{ myTasks(status: IN_PROGRESS, first: 1) { nodes { id assignmentFee assignee { name } } } }',
            );
            const [own] = myTasks.nodes;
            // The task may be reassigned or resolved before the second request comes: a refusal is no fault.
            if (own)
              await ask(login, 'mutation ($id: ID!) { resolveTask(id: $id) { id } }', { id: own.id }).catch(
                (error: Error) => {
                  if (!/FORBIDDEN|CONFLICT/.test(error.message)) throw error;
                },
              );
          }
          if (login === 'max' && n % 5 === 0) await ask('max', press);
        }
      }),
    ]);
    await settle(databases, 120_000);
    return ask(
      'ada',
      '{ ledgerAudit { ok } trackerDeadLetters { id } accountingDeadLetters { error } analyticsDeadLetters { error } }',
    );
  }

  const rowOf = async (service: ServiceName, query: string): Promise<Record<string, unknown>> => {
    const client = new pg.Client({ connectionString: databases[service] });
    await client.connect();
    const { rows } = await client.query(query);
    await client.end();
    return rows[0];
  };

  /** Expects that tracker's facts, accounting's entries and analytics' figures agree. */
  async function expectTheSameEverywhere(): Promise<void> {
    const tracker = await rowOf(
      'tracker',
      `select (select count(*)::int from task) as created, (select count(*)::int from assignment) as assigned,
         (select count(*)::int from task where resolved_at is not null) as resolved,
         (select md5(string_agg(id::text, ',' order by id)) from assignment) as assignments`,
    );
    const accounting = await rowOf(
      'accounting',
      `select count(*) filter (where kind = 'ASSIGNMENT_FEE')::int as assigned,
         count(*) filter (where kind = 'COMPLETION_REWARD')::int as resolved,
         md5(string_agg(id::text, ',' order by id) filter (where kind = 'ASSIGNMENT_FEE')) as assignments,
         sum(amount_cents) filter (where kind = 'ASSIGNMENT_FEE')::int as fees,
         sum(amount_cents) filter (where kind = 'COMPLETION_REWARD')::int as rewards from ledger_entry`,
    );
    const counted = await rowOf(
      'analytics',
      'select sum(created)::int as created, sum(assignments)::int as assigned, sum(resolved)::int as resolved from task_day',
    );
    const money = await rowOf(
      'analytics',
      'select sum(fees_cents)::int as fees, sum(rewards_cents)::int as rewards from money_day',
    );
    const { created, assigned, resolved, assignments } = tracker;
    expect(Number(resolved)).toBeGreaterThan(0);
    expect(accounting).toMatchObject({ assigned, resolved, assignments });
    expect(counted).toEqual({ created, assigned, resolved });
    expect(money).toEqual({ fees: accounting.fees, rewards: accounting.rewards });
  }

  const nothingWrong = {
    ledgerAudit: { ok: true },
    trackerDeadLetters: [],
    accountingDeadLetters: [],
    analyticsDeadLetters: [],
  };

  test('statements that stay prepared are refused at the start, and the sentence names the pooler and the setting', async () => {
    await expect(start({})).rejects.toThrow(/_DATABASE_URL .*PgBouncer.*PREPARE=off/);
  });

  test('two processes of each kind lose and double nothing, with LISTEN on direct URLs', async () => {
    const environment = { PREPARE: 'off', ...directUrls() };
    const exchanges = [await start(environment), await start(environment)];
    expect(await work(exchanges, 30)).toEqual(nothingWrong);
    await expectTheSameEverywhere();
  });

  test('without them they look for work at intervals, say so, and lose and double nothing either', async () => {
    const lines: string[] = [];
    const environment = { PREPARE: 'off' };
    const exchanges = [await start(environment, (line) => lines.push(line)), await start(environment)];
    expect(await work(exchanges, 10)).toEqual(nothingWrong);
    await expectTheSameEverywhere();
    const said = lines.filter((line) => line.includes('TRACKER_LISTEN_URL'));
    expect(said.map((line) => /\((\w+)\)/.exec(line)?.[1]).sort()).toEqual(['tracker', 'workers']);
  });

  test('a URL for LISTEN that goes through the pooler as well is refused', async () => {
    const environment = { PREPARE: 'off', TRACKER_LISTEN_URL: pooler.through(databases.tracker) };
    await expect(start(environment)).rejects.toThrow(/TRACKER_LISTEN_URL must lead to the database directly/);
  });
});

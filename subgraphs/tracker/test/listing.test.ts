import { newId } from '@ates/kit/process/ids';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asSuperuser, cloneDatabase } from '../../../tests/support/databases.ts';
import type { TrackerTables } from '../src/tables.ts';
import { listTasks, type TaskFilter } from '../src/taskSearchRepository.ts';

/** 20,000 open tasks and 20,000 done ones: thousands of one person, the oldest three of another, the rest of thirty. */
let db: Kysely<TrackerTables>;
let pool: pg.Pool;
const statements: { sql: string; parameters: readonly unknown[] }[] = [];
const few = newId();
const many = newId();

beforeAll(async () => {
  pool = new pg.Pool({ connectionString: asSuperuser(await cloneDatabase('tracker')), max: 1 });
  db = new Kysely({
    dialect: new PostgresDialect({ pool }),
    log: ({ query: { sql, parameters } }) => void statements.push({ sql, parameters }),
  });
  const id = (at: string, kind: string) =>
    `(lpad(to_hex(${at}), 8, '0') || '-0000-7000-8000-' || lpad('${kind}', 12, '0'))::uuid`;
  await pool.query(`
    create temp table made as
    select i, ${id('i', '1')} as id, ${id('i', 'a')} as assignment_id, i % 2 = 0 as open,
      case when i <= 6 then '${few}' when i % 10 < 2 then '${many}' else md5((i % 30)::text)::uuid end as assignee_id
    from generate_series(1, 40000) as i`);
  await pool.query(`
    insert into task (id, title, jira_id, description, creator_id, created_at, resolved_at, assignee_id, assignment_id, assigned_at)
    select id, 'Clean cage number ' || i, case when i in (2, 39999) then 'QZ-17' when i = 40000 then 'é' end, '', assignee_id, now(),
      case when not open then now() end, case when not open then assignee_id end,
      case when not open then assignment_id end, case when not open then now() end
    from made order by id`);
  await pool.query(
    'insert into open_task select id, assignee_id, assignment_id, now() from made where open order by id',
  );
  // With so few statistics the planner takes all but the busiest people for average, as with hundreds.
  await pool.query('alter table open_task alter assignee_id set statistics 5');
  await pool.query('alter table task alter assignee_id set statistics 5');
  await pool.query('vacuum analyze');
});
afterAll(() => db?.destroy());

const list = async (filter: Partial<TaskFilter>, first = 50, after: string | null = null) => {
  statements.length = 0;
  return listTasks(
    db,
    { status: null, assigneeId: null, creatorId: null, search: null, ...filter },
    { first, after },
  );
};

/** Counts the rows that the last list read only to leave them out. */
async function rowsLeftOut(): Promise<number> {
  let leftOut = 0;
  for (const { sql, parameters } of [...statements]) {
    const { rows } = await pool.query(`explain (analyze, timing off) ${sql}`, [...parameters]);
    for (const { 'QUERY PLAN': line } of rows)
      leftOut += Number(/Rows Removed by .*: (\d+)/.exec(line)?.[1] ?? 0);
  }
  return leftOut;
}

/** Counts the pages of tables and indexes that the last list read. */
async function pagesRead(): Promise<number> {
  let pages = 0;
  for (const { sql, parameters } of [...statements]) {
    const { rows } = await pool.query(`explain (analyze, buffers, timing off) ${sql}`, [...parameters]);
    const { 'QUERY PLAN': line } = rows.find((row) => row['QUERY PLAN'].includes('Buffers:'));
    for (const [, count] of line.matchAll(/(?:hit|read)=(\d+)/g)) pages += Number(count);
  }
  return pages;
}

/** Reads a whole list, page by page. */
async function listAll(filter: Partial<TaskFilter>): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null, pages = 0; pages < 100; pages++) {
    const page = await list(filter, 200, after);
    ids.push(...page.nodes.map(({ id }) => id));
    if (!page.pageInfo.hasNextPage) return ids;
    after = ids.at(-1) as string;
  }
  throw new Error('the list does not end');
}

describe('the tasks of one person', () => {
  test.each(['IN_PROGRESS', 'DONE', null] as const)(
    'somebody’s three old ones with status %s are found without going over everybody’s',
    async (status) => {
      const page = await list({ assigneeId: few, status });
      expect(page.nodes).toHaveLength(status ? 3 : 6);
      expect(await rowsLeftOut()).toBeLessThan(100);
    },
  );

  test.each(['IN_PROGRESS', 'DONE', null] as const)(
    'the first page of thousands with status %s is read from the newest on',
    async (status) => {
      const page = await list({ assigneeId: many, status });
      expect(page.nodes).toHaveLength(50);
      expect(page.pageInfo.hasNextPage).toBe(true);
      expect(await rowsLeftOut()).toBeLessThan(2_000);
    },
  );

  test.each(['IN_PROGRESS', 'DONE', null] as const)(
    'with status %s all are listed, the newest first',
    async (status) => {
      for (const assigneeId of [few, many]) {
        const { rows } = await pool.query<{ id: string }>(
          'select id from made where assignee_id = $1 and ($2::bool is null or open = $2) order by id desc',
          [assigneeId, status && status === 'IN_PROGRESS'],
        );
        expect(await listAll({ assigneeId, status })).toEqual(rows.map(({ id }) => id));
      }
      expect(await listAll({ assigneeId: newId(), status })).toEqual([]);
    },
  );
});

describe('a search', () => {
  test('by letters that no index helps with goes over the newest 5,000 tasks and no more', async () => {
    for (const search of ['w', 'zq', '"', 'a-1', '東京']) {
      for (const status of ['IN_PROGRESS', 'DONE', null] as const) {
        expect((await list({ search, status })).nodes, search).toEqual([]);
        expect(await rowsLeftOut(), `${search} ${status}`).toBeLessThanOrEqual(5_000);
      }
    }
    expect((await list({ search: 'É' })).nodes).toMatchObject([{ jiraId: 'é' }]);
    const found = await listAll({ search: 'c' });
    expect(found).toHaveLength(5_000);
    const { rows } = await pool.query<{ id: string }>('select id from made order by id desc limit 5000');
    expect(found).toEqual(rows.map(({ id }) => id));
  });

  test('by letters that an index helps with goes over all', async () => {
    for (const search of ['qz-1', 'QZ-17', 'z-17']) {
      expect(
        (await list({ search })).nodes.map(({ jiraId }) => jiraId),
        search,
      ).toEqual(['QZ-17', 'QZ-17']);
      expect(await rowsLeftOut(), search).toBeLessThan(5_000);
    }
    expect((await list({ search: 'number 12345' })).nodes).toMatchObject([
      { title: 'Clean cage number 12345' },
    ]);
  });

  test('with a number and words that are everywhere looks up the number', async () => {
    for (const search of [
      'cage number 12345',
      'CAGE NUMBER 3999',
      'mber 39999 QZ-17',
      '234 qz',
      'cage 12345',
      '12345 number',
      'number_12345',
    ]) {
      const { rows } = await pool.query<{ id: string }>(
        "select id from task where strpos(lower(title || ' ' || coalesce(jira_id, '')), lower($1)) > 0 order by id desc",
        [search],
      );
      expect(await listAll({ search }), search).toEqual(rows.map(({ id }) => id));
      await list({ search });
      expect(await pagesRead(), search).toBeLessThan(50);
    }
  });

  test('among somebody’s tasks finds old ones by a letter, too', async () => {
    expect((await list({ search: 'q', assigneeId: few })).nodes).toMatchObject([{ jiraId: 'QZ-17' }]);
    expect((await list({ search: 'q', assigneeId: few, status: 'DONE' })).nodes).toEqual([]);
    expect((await list({ search: 'q', creatorId: few })).nodes).toMatchObject([{ jiraId: 'QZ-17' }]);
    expect((await list({ search: 'zq', assigneeId: many })).nodes).toEqual([]);
    expect(await rowsLeftOut()).toBeLessThanOrEqual(5_000);
  });
});

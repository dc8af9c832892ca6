import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../src/graphqlClient.ts';
import { type ImportProgress, importTasks } from '../src/importTasks.ts';
import { logIn } from '../src/session.ts';
import { Refused, startStandInServer } from './standInServer.ts';

let server: Awaited<ReturnType<typeof startStandInServer>>;
let client: Client;
let folder: string;

beforeEach(async () => {
  server = await startStandInServer();
  client = createClient(server.url);
  folder = await mkdtemp(join(tmpdir(), 'import-'));
});
afterEach(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

async function importText(text: string | Buffer, login = 'kesha', onProgress?: (p: ImportProgress) => void) {
  const file = join(folder, 'tasks.csv');
  await writeFile(file, text);
  const session = await logIn(client, login, 'curved');
  return importTasks({
    client,
    session,
    file,
    retryDelaysMs: [1, 1],
    ...(onProgress ? { onProgress } : {}),
  });
}

const manyRows = (count: number) =>
  `title,description,jira id\n${Array.from({ length: count }, (_, n) => `Task ${n},,POPUG-${n + 1}`).join('\n')}\n`;

describe('what is imported', () => {
  test('every good row becomes one task, with its texts as they stand in the file', async () => {
    const report = await importText(
      '\ufeffJira ID,Title,Description\r\nPOPUG-1,"Clean, the ""big"" cage"," first\r\nsecond "\r\n\r\n,Полить пальму 🌴,\r\n,[POPUG-42] - Clean the cage,x\r\n',
    );
    expect(report).toEqual({
      rowCount: 3,
      created: 3,
      alreadyThere: 0,
      problems: [],
      notImported: 0,
      stopped: null,
    });
    expect(server.tasks.map(({ title, description, jiraId }) => [title, description, jiraId])).toEqual(
      expect.arrayContaining([
        ['Clean, the "big" cage', 'first\nsecond', 'POPUG-1'],
        ['Полить пальму 🌴', '', null],
        ['[POPUG-42] - Clean the cage', 'x', null],
      ]),
    );
  });

  test('a second import of the same file makes nothing and says so', async () => {
    const text = `${manyRows(20)}No id,only text,\n`;
    expect(await importText(text)).toMatchObject({ created: 21, alreadyThere: 0 });
    expect(await importText(text)).toMatchObject({ created: 0, alreadyThere: 21, problems: [] });
    expect(server.tasks).toHaveLength(21);
  });

  test('rows added to a file that was imported before are the only ones made', async () => {
    await importText(manyRows(3));
    expect(await importText(manyRows(5))).toMatchObject({ rowCount: 5, created: 2, alreadyThere: 3 });
  });

  test('the same file imported by somebody else is theirs', async () => {
    await importText(manyRows(2));
    expect(await importText(manyRows(2), 'gosha')).toMatchObject({ created: 2, alreadyThere: 0 });
  });

  test('a changed row of a known jira id is refused with its line', async () => {
    await importText('title,jira_id\nClean the cage,POPUG-42\n');
    const report = await importText('title,jira_id\nFeed the cat,POPUG-7\nBurn the cage,POPUG-42\n');
    expect(report).toMatchObject({ created: 1, alreadyThere: 0 });
    expect(report.problems).toEqual([
      { line: 3, sentence: 'POPUG-42 was imported before with another title or description' },
    ]);
  });

  test('progress goes from nothing to everything, at most eight rows at a time', async () => {
    const seen: ImportProgress[] = [];
    await importText(manyRows(30), 'kesha', (progress) => seen.push(progress));
    expect(seen.map(({ done }) => done)).toEqual(Array.from({ length: 31 }, (_, n) => n));
    expect(seen.every(({ total }) => total === 30)).toBe(true);
    expect(server.mostAtOnce).toBeGreaterThan(1);
    expect(server.mostAtOnce).toBeLessThanOrEqual(8);
  });
});

describe('when the server does not play along', () => {
  test('a refused row is reported with its line and the others are imported', async () => {
    server.beforeCreate = (number) => {
      if (number === 1) throw new Refused('BAD_USER_INPUT', 'Too rude.');
    };
    const report = await importText(manyRows(3));
    expect(report).toMatchObject({ created: 2, stopped: null });
    expect(report.problems).toEqual([{ line: 2, sentence: 'Too rude' }]);
  });

  test('what may be in a row the tracker decides, and says by line what may not', async () => {
    const rows = [
      ['[POPUG-42]Clean', '', ''],
      ['[POPUG-43] - Clean', '', 'POPUG-43'],
      ['Clean', '', 'popug-44'],
      ['[45] - Clean', '', ''],
      ['', 'text', 'POPUG-1'],
      ['Clean [the] cage', '', ''],
      ['[] Clean', '', ''],
      ['Clean', '', 'POPUG 42'],
      ['Bell\u0007', '', ''],
      ['x'.repeat(201), '', ''],
      ['Clean', 'x'.repeat(10_001), ''],
    ];
    const report = await importText(
      `title,description,jira id\n${rows.map((row) => row.join()).join('\n')}\n`,
    );
    expect(report).toMatchObject({ rowCount: 11, created: 4, stopped: null });
    expect(report.problems).toEqual(
      [
        'title is empty',
        'contains \\[ or \\]',
        'brackets .* are empty',
        'Jira id looks like',
        'control characters',
        'longer than 200',
        'longer than 10000',
      ].map((sentence, n) => ({ line: n + 6, sentence: expect.stringMatching(new RegExp(sentence)) })),
    );
  });

  test('tokens that end under way are renewed by one refresh for all rows', async () => {
    server.beforeCreate = (number) => {
      if (number === 10) server.tokens.clear();
    };
    expect(await importText(manyRows(40))).toMatchObject({ created: 40, problems: [], stopped: null });
    expect(server.refreshes).toBe(1);
  });

  test('an answer that gets lost makes no second task', async () => {
    server.afterCreate = (number) => {
      if (number % 5 === 0) throw 'hang up';
    };
    expect(await importText(manyRows(20))).toMatchObject({ created: 20, problems: [], stopped: null });
    expect(server.tasks).toHaveLength(20);
  });

  test('a server that is gone stops the import, and running it again finishes it', async () => {
    server.beforeCreate = (number) => {
      if (number > 12) throw 'hang up';
    };
    const first = await importText(manyRows(30));
    expect(first.stopped).toMatch(/^Stopped at line \d+: .*did not answer/);
    expect(first).toMatchObject({ created: 12, notImported: 18, problems: [] });
    server.beforeCreate = () => {};
    expect(await importText(manyRows(30))).toMatchObject({ created: 18, alreadyThere: 12, stopped: null });
  });

  test('a company nobody of whom may be given a task stops the import at once', async () => {
    server.beforeCreate = () => {
      throw new Refused('NO_ELIGIBLE_ASSIGNEE', 'Nobody can be given this task.');
    };
    const report = await importText(manyRows(100));
    expect(report).toMatchObject({ created: 0, notImported: 100, problems: [] });
    expect(report.stopped).toContain('Nobody can be given this task.');
  });

  test('too many requests are waited out', async () => {
    server.beforeCreate = (number) => {
      if (number === 3) throw new Refused('TOO_MANY_REQUESTS', 'Slow down.');
    };
    expect(await importText(manyRows(9))).toMatchObject({ created: 9, problems: [] });
  });
});

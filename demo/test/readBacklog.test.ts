import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileError, maxFileBytes, maxRows, readBacklog } from '../src/readBacklog.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backlog-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string | Buffer) {
  const file = join(folder, 'tasks.csv');
  await writeFile(file, text);
  return readBacklog(file);
}

const header = 'title,description,jira id\n';
const onlyProblem = async (row: string) => {
  const { problems, rows } = await read(`${header}${row}\nGood,,\n`);
  expect(rows.map(({ title }) => title)).toEqual(['Good']);
  expect(problems).toHaveLength(1);
  return problems[0]!.sentence;
};

describe('a bad row is named and left out, and the good ones stay', () => {
  test.each([
    ['Clean, comma, unquoted,POPUG-1', 'the row has 4 columns instead of 3'],
    ['Clean', 'the row has 1 column instead of 3'],
  ])('bad row %#', async (row, sentence) => {
    expect(await onlyProblem(row)).toContain(sentence);
  });

  test('a jira id or a text that comes twice is an error of the later row', async () => {
    const { rows, problems } = await read(
      `${header}A,,POPUG-1\nB,,POPUG-1\n[POPUG-1]C,,\nD,same,\nD,same,\nD,other,\n`,
    );
    expect(rows.map(({ line }) => line)).toEqual([2, 5, 7]);
    expect(problems).toEqual([
      { line: 3, sentence: 'POPUG-1 is in line 2 already' },
      { line: 4, sentence: 'POPUG-1 is in line 2 already' },
      { line: 6, sentence: 'a task of this title and description is in line 5 already' },
    ]);
  });

  test.each(['\n', '\r\n', '\r'])('lines are counted as an editor counts them (%j)', async (end) => {
    const text = ['title,description', 'A,"one', '', 'three"', '', 'B,', 'bad', 'C,'].join(end);
    const { rows, problems } = await read(text);
    expect(rows.map(({ line }) => line)).toEqual([2, 6, 8]);
    expect(problems.map(({ line }) => line)).toEqual([7]);
  });

  test('behind a quotation mark that does not match nothing is read, and what stood before is kept', async () => {
    for (const broken of ['B,"open', 'B,"shut"x', 'B,x"y"']) {
      const { rows, problems, rowCount } = await read(`title,description\nA,\n${broken}\nC,fine\n`);
      expect(rows.map(({ title }) => title)).toEqual(['A']);
      expect(problems).toMatchObject([{ line: 3, sentence: expect.stringMatching(/quotation mark/) }]);
      expect(rowCount).toBe(2);
    }
  });
});

describe('a file that cannot be trusted is refused as a whole', () => {
  test.each([
    ['', 'is empty'],
    ['\n\n', 'is empty'],
    ['description,jira id\nx,y\n', 'has no column "title"'],
    ['title,priority\nx,y\n', 'has a column "priority"'],
    ['title;description\nx;y\n', 'Separate columns by commas'],
    ['title,Title\nx,y\n', 'has one column twice'],
    ['"title\nx\n', 'is not CSV'],
    [Buffer.from('title\ncaf\xe9\n', 'latin1'), 'is not UTF-8'],
    [Buffer.from('\ufefftitle\nx\n', 'utf16le'), 'is not UTF-8'],
    [`title\n${'x\n'.repeat(maxRows + 1)}`, `more than ${maxRows} rows`],
    [Buffer.alloc(maxFileBytes + 1, 'x'), 'is longer than 20 MB'],
  ])('case %#', async (text, sentence) => {
    const failure = await read(text).catch((error) => error);
    expect(failure).toBeInstanceOf(FileError);
    expect(failure.message).toContain(sentence);
  });

  test('a file that is missing, or is a folder', async () => {
    await expect(readBacklog(join(folder, 'none.csv'))).rejects.toThrow('there is no such file');
    await expect(readBacklog(folder)).rejects.toThrow('is not a file');
  });
});

test('the key of a row depends on its identity alone', async () => {
  const keys = async (text: string) => (await read(text)).rows.map(({ idempotencyKey }) => idempotencyKey);
  const [first] = await keys(`${header}A,x,POPUG-1\n`);
  expect(await keys('jiraId,title\nPOPUG-1,Another\n')).toEqual([first]);
  const [text] = await keys(`${header}A,"x\ny",\n`);
  expect(await keys('description,title\r\n"x\r\ny", A \r\n')).toEqual([text]);
  expect(await keys(`${header}A,z,\n`)).not.toEqual([text]);
  for (const title of ['[POPUG-1] - A', '[POPUG-1]A', ' [ POPUG-1 ] A '])
    expect(await keys(`${header}${title},x,\n`), title).toEqual([first]);
});

test('the backlog that ships with the demo is all good rows, with an id each', async () => {
  const backlog = await readBacklog(fileURLToPath(new URL('../backlog.csv', import.meta.url)));
  expect(backlog.problems).toEqual([]);
  expect(backlog.rows.length).toBeGreaterThanOrEqual(240);
  const ids = backlog.rows.map(({ identity }) => identity);
  expect(ids).not.toContain(null);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(backlog.rows.map(({ title }) => title)).size).toBe(ids.length);
  expect(backlog.rows.filter(({ jiraId }) => jiraId === null).length).toBeGreaterThanOrEqual(3);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { apiHistory, compareApi } from '../scripts/checkApi.ts';
import { apiFile } from '../scripts/composition.ts';

const api = `
  type Query { nest(id: ID!): Nest! nests(first: Int = 10): [Nest!]! }
  type Nest { id: ID! height: Int! colour: Colour! owner: String }
  enum Colour { RED GREEN }
  input NestInput { height: Int! }
`;
const changed = (from: string, to: string) => {
  expect(api).toContain(from);
  return api.replace(from, to);
};
const withoutHeight = changed('height: Int! colour', 'colour');
const removal = "Field 'height' was removed from object type 'Nest'";

describe('a change of the API schema', () => {
  it.each([
    ['a field removed', withoutHeight, removal],
    [
      'a field that may be null now',
      changed('height: Int! colour', 'height: Int colour'),
      "Field 'Nest.height' changed type from 'Int!' to 'Int'",
    ],
    [
      'a required argument added',
      changed('nest(id: ID!)', 'nest(id: ID!, tree: ID!)'),
      "Argument 'tree: ID!' added to field 'Query.nest'",
    ],
    [
      'a required field of an input added',
      changed('input NestInput { height: Int!', 'input NestInput { height: Int! tree: ID!'),
      "Input field 'tree' of type 'ID!' was added to input object type 'NestInput'",
    ],
    ['a value removed', changed('RED GREEN', 'RED'), "Enum value 'GREEN' was removed from enum 'Colour'"],
    ['a type removed', changed('input NestInput { height: Int! }', ''), "Type 'NestInput' was removed"],
  ])('is a problem where it breaks clients: %s', async (_, now, change) => {
    const { problems } = await compareApi([api], now, []);
    expect(problems).toEqual([
      `schema/api.graphql breaks clients: ${change}. Undo it, or list it in schema/scripts/acceptedBreakingChanges.ts with a reason.`,
    ]);
    const accepted = [{ change, reason: 'Nobody has asked for it for a year.' }];
    expect(await compareApi([api], now, accepted)).toEqual({ problems: [], stale: [] });
  });

  it.each([
    ['nothing changed', api],
    ['a field added', changed('owner: String', 'owner: String eggs: Int!')],
    ['an argument added that may be left out', changed('nest(id: ID!)', 'nest(id: ID!, tree: ID)')],
    ['a field that is never null now', changed('owner: String', 'owner: String!')],
    ['a value added', changed('RED GREEN', 'RED GREEN BLUE')],
    ['a description', changed('type Nest', '"Where eggs are." type Nest')],
  ])('is no problem where clients go on: %s', async (_, now) => {
    expect(await compareApi([api], now, [])).toEqual({ problems: [], stale: [] });
  });

  it('is found once, however many states it is compared with, also when another change follows it', async () => {
    const withEggs = withoutHeight.replace('owner: String', 'owner: String eggs: Int!');
    const { problems } = await compareApi([withoutHeight, api, `${api} `], withEggs, []);
    expect(problems).toEqual([expect.stringContaining(removal)]);
  });

  it('needs a reason to be accepted, and is stale where it is none', async () => {
    const accepted = [
      { change: removal, reason: ' ' },
      { change: "Type 'Egg' was removed", reason: 'Eggs have hatched.' },
    ];
    expect(await compareApi([api], withoutHeight, accepted)).toEqual({
      problems: [`schema/scripts/acceptedBreakingChanges.ts gives no reason for: ${removal}.`],
      stale: [
        "schema/scripts/acceptedBreakingChanges.ts lists what has not changed, so delete it: Type 'Egg' was removed.",
      ],
    });
  });
});

describe('the history of the API schema', () => {
  const folder = () => {
    const path = mkdtempSync(`${tmpdir()}/api-`);
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    mkdirSync(`${path}/schema`);
    return path;
  };
  const root = (path: string) => pathToFileURL(`${path}/`);
  const git = (path: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', '-c', 'core.hooksPath=', ...args], {
      cwd: path,
      stdio: 'ignore',
    });
  const commit = (path: string, text: string) => {
    writeFileSync(`${path}/${apiFile}`, text);
    git(path, 'add', '.');
    git(path, 'commit', '--quiet', '--message', 'a');
  };

  it('has every committed state but the present one, newest first', () => {
    const path = folder();
    git(path, 'init', '--quiet');
    for (const text of ['1', '2', '1', '3']) commit(path, text);
    expect(apiHistory(root(path), 'uncommitted')).toEqual({
      earlier: ['3', '1', '2'],
      isComplete: true,
      sentence: 'schema/api.graphql was compared with 3 earlier states.',
    });
    expect(apiHistory(root(path), '3').earlier).toEqual(['1', '2']);
  });

  it('has what there is in a shallow clone, and says so', () => {
    const path = folder();
    git(path, 'init', '--quiet');
    for (const text of ['1', '2']) commit(path, text);
    const clone = `${folder()}/clone`;
    git(path, 'clone', '--quiet', '--depth', '1', root(path).href, clone);
    expect(apiHistory(root(clone), '2')).toEqual({
      earlier: [],
      isComplete: false,
      sentence: 'There is no earlier state of schema/api.graphql to compare with: the clone is shallow.',
    });
    expect(apiHistory(root(clone), '3').sentence).toBe(
      'schema/api.graphql was compared with 1 earlier state: the clone is shallow.',
    );
  });

  it('is empty without git, and before the first commit', () => {
    const path = folder();
    const none = {
      earlier: [],
      isComplete: false,
      sentence:
        'There is no earlier state of schema/api.graphql to compare with: there is no git history here.',
    };
    expect(apiHistory(root(path), '1')).toEqual(none);
    git(path, 'init', '--quiet');
    expect(apiHistory(root(path), '1')).toEqual(none);
  });
});

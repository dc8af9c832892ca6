import { buildSchema, parse, Source } from 'graphql';
import { describe, expect, it } from 'vitest';
import { driftProblems } from '../scripts/checkDrift.ts';
import {
  eventProblems,
  incompatibilities,
  publishedFolder,
  publishedSchemas,
} from '../scripts/checkEvents.ts';
import { ruleProblems } from '../scripts/checkRules.ts';
import { readSources } from '../scripts/checkSources.ts';
import { type ComposedGraph, composeGraph, readSubgraphs } from '../scripts/composition.ts';
import { generatedFiles } from '../scripts/generated.ts';
import { layerViolations } from '../scripts/importDirections.ts';
import { operationProblems } from '../scripts/operations.ts';

const root = new URL('../../', import.meta.url);

describe('layers', () => {
  it('hold in the whole tree', () => {
    const sources = readSources(root);
    expect(sources.size).toBeGreaterThan(100);
    expect(layerViolations(sources)).toEqual([]);
  });

  it.each([
    [
      'a subgraph that imports another',
      'subgraphs/auth/src/a.ts',
      "import { x } from '@ates/tracker/tables';",
    ],
    [
      'a subgraph reached by a path',
      'subgraphs/auth/src/a.ts',
      "import { x } from '../../tracker/src/tables.ts';",
    ],
    ['kit that knows an event', 'kit/src/a.ts', "import { x } from '@ates/schema/events/all';"],
    ['kit that knows roles', 'kit/src/a.ts', "import type { Role } from '@ates/schema/access';"],
    ['a gateway that knows a subgraph', 'gateway/src/a.ts', "import { x } from '@ates/auth/tables';"],
    ['a database that knows events', 'kit/src/database/a.ts', "import { x } from '../events/relay.ts';"],
    ['a room reached by its name', 'kit/src/process/a.ts', "import { x } from '@ates/kit/graph/token';"],
    ['events that know a service', 'kit/src/events/a.ts', "import { x } from '../service.ts';"],
    ['a supergraph with guards', 'gateway/src/supergraph/a.ts', "import { x } from '../guards/limits.ts';"],
    ['schema that imports kit', 'schema/src/a.ts', "import { x } from '@ates/kit/process/log';"],
    ['workers that import resolvers', 'workers/src/a.ts', "import { x } from '@ates/auth/resolvers';"],
    ['an import of several lines', 'gateway/src/a.ts', "import {\n  x,\n  y,\n} from '@ates/auth/tables';"],
    ['an import while running', 'gateway/src/a.ts', "const x = await import('@ates/auth/tables');"],
    ['an import for its effect', 'gateway/src/a.ts', "import '@ates/auth/tables';"],
    ['something handed on', 'gateway/src/a.ts', "export * from '@ates/auth/tables';"],
    ['domain with a database', 'subgraphs/auth/src/domain/a.ts', "import type { Kysely } from 'kysely';"],
    ['domain with a file', 'subgraphs/auth/src/domain/a.ts', "import { readFileSync } from 'node:fs';"],
    [
      'domain with the real clock',
      'subgraphs/auth/src/domain/a.ts',
      "import { systemClock } from '@ates/kit/process/clock';",
    ],
    ['domain with a repository', 'subgraphs/auth/src/domain/a.ts', "import { x } from '../repository.ts';"],
    [
      'a resolver with kysely',
      'subgraphs/auth/src/resolvers.ts',
      "import { type Kysely, sql } from 'kysely';",
    ],
    ['a resolver with SQL', 'subgraphs/auth/src/resolvers.ts', 'await sql`select 1`.execute(db);'],
    ['a handler with a query', 'workers/src/auth.ts', "db.selectFrom('task')"],
    [
      'a use case with SQL',
      'subgraphs/auth/src/usecases/a.ts',
      'await sql<{ n: number }>`select 1`.execute(db);',
    ],
    [
      'a server with more than select 1',
      'subgraphs/auth/src/server.ts',
      'await sql`delete from x`.execute(db);',
    ],
  ])('refuse %s', (_, path, text) => {
    const [violation] = layerViolations(new Map([[path, `// The first line.\n${text}`]]));
    expect(violation).toMatchObject({ path, line: 1 + text.split('\n').length });
  });

  it.each([
    [
      'a repository with SQL',
      'subgraphs/auth/src/userRepository.ts',
      "import { sql } from 'kysely';\nsql`select 1`",
    ],
    ['a readiness query', 'kit/src/service.ts', 'await sql`select 1 from task limit 1`.execute(db);'],
    [
      'types of kysely in a resolver',
      'subgraphs/auth/src/resolvers.ts',
      "import type { Kysely } from 'kysely';",
    ],
    ['a comment about SQL', 'subgraphs/auth/src/usecases/a.ts', '/** Not `sql`, nor .selectFrom(x). */'],
    ['domain that computes', 'subgraphs/auth/src/domain/a.ts', "import { createHmac } from 'node:crypto';"],
    [
      'domain with the calendar',
      'subgraphs/auth/src/domain/a.ts',
      "import { addDays } from '@ates/kit/process/calendar';",
    ],
    ['events on a database', 'kit/src/events/a.ts', "import { x } from '../database/rows.ts';"],
    ['a room with itself', 'gateway/src/live/a.ts', "import { x } from './hub.ts';"],
    ['a service of all rooms', 'kit/src/service.ts', "import { x } from './live/hints.ts';"],
    ['workers with a use case', 'workers/src/a.ts', "import { x } from '@ates/auth/usecases/logIn';"],
  ])('allow %s', (_, path, text) => {
    expect(layerViolations(new Map([[path, text]]))).toEqual([]);
  });

  it('refuse packages that need each other', () => {
    const sources = new Map([
      ['demo/src/a.ts', "import { x } from '@ates/system/b';"],
      ['system/src/b.ts', "import { x } from '@ates/demo/a';"],
    ]);
    expect(layerViolations(sources).map(({ sentence }) => sentence)).toEqual([
      'makes a circle: demo imports system, which needs demo.',
      'makes a circle: system imports demo, which needs system.',
    ]);
  });
});

describe('published events', () => {
  const fact = {
    type: 'object',
    properties: {
      id: { type: 'string', pattern: '^a$' },
      kind: { type: 'string', enum: ['A', 'B'] },
      count: { type: 'integer', minimum: 0, maximum: 9 },
      note: { anyOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }] },
    },
    required: ['id', 'kind', 'count'],
    additionalProperties: false,
  };
  const { properties } = fact;
  const withField = (field: string, schema: object) => ({
    ...fact,
    properties: { ...properties, [field]: schema },
  });
  const { id: _, ...withoutId } = properties;

  it.each([
    ['a field removed', { ...fact, properties: withoutId }],
    ['a field renamed', { ...fact, properties: { ...withoutId, key: properties.id } }],
    ['a type changed', withField('id', { type: 'integer' })],
    ['a pattern changed', withField('id', { type: 'string', pattern: '^b$' })],
    ['a value no longer taken', withField('kind', { type: 'string', enum: ['A'] })],
    ['a least value raised', withField('count', { type: 'integer', minimum: 1, maximum: 9 })],
    ['a greatest value lowered', withField('count', { type: 'integer', minimum: 0, maximum: 8 })],
    ['null no longer taken', withField('note', { type: 'string', maxLength: 5 })],
    [
      'a length shortened behind a choice',
      withField('note', { anyOf: [{ type: 'string', maxLength: 4 }, { type: 'null' }] }),
    ],
    [
      'a new field, required',
      { ...withField('more', { type: 'string' }), required: ['id', 'kind', 'count', 'more'] },
    ],
    ['a new field', withField('more', { type: 'string' })],
    ['a field that is required now', { ...fact, required: ['id', 'kind', 'count', 'note'] }],
  ])('do not change: %s', (_name, changed) => {
    expect(incompatibilities(fact, changed)).not.toEqual([]);
  });

  it.each([
    ['nothing changed', fact],
    ['another value taken', withField('kind', { type: 'string', enum: ['A', 'B', 'C'] })],
    ['a bound loosened', withField('count', { type: 'integer', minimum: -1 })],
    ['null taken as well', withField('count', { anyOf: [properties.count, { type: 'null' }] })],
  ])('are still read: %s', (_name, changed) => {
    expect(incompatibilities(fact, changed)).toEqual([]);
  });

  it('may get another consumer, and may not disappear', () => {
    const path = `${publishedFolder}/a.v1.json`;
    const state = (consumers: string[]) => JSON.stringify({ consumers, fact });
    const published = [{ path, text: state(['tracker']) }];
    expect(eventProblems(published, new Map([[path, state(['tracker', 'mailer'])]]))).toEqual([]);
    expect(eventProblems(published, new Map())).toEqual([
      expect.stringMatching(/publish a new version beside it/),
    ]);
  });

  it('are what they ever were', async () => {
    const published = publishedSchemas(root);
    expect(published.length).toBeGreaterThanOrEqual(7);
    const graph = composeGraph(readSubgraphs()) as ComposedGraph;
    expect(eventProblems(published, await generatedFiles(graph))).toEqual([]);
  });
});

describe('operations of the app', () => {
  it('are named where they ask for what the graph does not have', () => {
    const api = buildSchema('type Query { nest: Nest } type Nest { id: ID }');
    const file = (text: string) => ({
      location: 'a.graphql',
      document: parse(new Source(text, 'spa/src/a.graphql')),
    });
    expect(operationProblems([file('{ nest { ...N } }'), file('fragment N on Nest { id }')], api)).toEqual(
      [],
    );
    expect(operationProblems([file('{\n  nest { eggs }\n}')], api)).toEqual([
      'spa/src/a.graphql:2 Cannot query field "eggs" on type "Nest".',
    ]);
  });
});

describe('generated files', () => {
  it('are named when they are stale, missing or left over', () => {
    const generated = new Map([
      ['same', '1'],
      ['stale', '2'],
      ['missing', '3'],
    ]);
    const onDisk = new Map([
      ['same', '1'],
      ['stale', '0'],
      ['left-over', '4'],
    ]);
    expect(driftProblems(generated, onDisk)).toEqual([
      'stale is not what is generated now: run npm run generate.',
      'missing is missing: run npm run generate.',
      'left-over is no longer generated: delete it.',
    ]);
  });
});

describe('rules', () => {
  const rules = `## Nests
### Rule 1: eggs
- In: \`a.ts\`,
  \`b.ts\`
- Test: \`a.test.ts\` "an egg is laid once"

### Rule 2: nests
- In: \`b.ts\`
- Test: \`a.test.ts\` "a nest"
`;
  const files = new Map([
    ['a.ts', '/** Lays an egg (rule 1). */'],
    ['b.ts', '// Rules 1 and 2.'],
    ['a.test.ts', "test('an egg is laid once'); test('a nest stands (rule 2)')"],
  ]);

  it('that are there, with a file and a test, are in order', () => {
    expect(ruleProblems(rules, files)).toEqual([]);
  });

  it.each([
    ['a rule that does not exist', 'c.ts', '// see rules 1 and 3', 'c.ts:1 cites rule 3'],
    ['a file that does not exist', 'a.ts', undefined, '"Rule 1: eggs" names a.ts, which does not exist'],
    [
      'a test that does not exist',
      'a.test.ts',
      "test('a nest stands')",
      '"Rule 1: eggs" names a test "an egg is laid once", which a.test.ts does not have',
    ],
  ])('%s is a problem', (_, path, text, problem) => {
    const changed = new Map(files);
    if (text === undefined) changed.delete(path);
    else changed.set(path, text);
    expect(ruleProblems(rules, changed)).toEqual([expect.stringContaining(problem)]);
  });

  it('without a file or a test are problems', () => {
    expect(ruleProblems('### Rule 1: eggs\nThey are laid.\n', new Map())).toEqual([
      expect.stringContaining('names no file that implements it'),
      expect.stringContaining('names no test that fails without it'),
    ]);
  });
});

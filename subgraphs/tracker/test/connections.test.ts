import { buildSubgraphSchema } from '@apollo/subgraph';
import { newId } from '@ates/kit/process/ids';
import { readSdl } from '@ates/schema/sdl';
import { graphql } from 'graphql';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asSuperuser, cloneDatabase, workOn } from '../../../tests/support/databases.ts';
import { createLoaders } from '../src/loaders.ts';
import { insertReassignment } from '../src/reassignmentRepository.ts';
import { resolvers } from '../src/resolvers.ts';
import type { TrackerTables } from '../src/tables.ts';
import { insertTask } from '../src/taskRepository.ts';

let db: Kysely<TrackerTables>;
let statements = 0;
const user = newId();

beforeAll(async () => {
  const pool = new pg.Pool({ connectionString: asSuperuser(await cloneDatabase('tracker')), max: 1 });
  db = new Kysely({ dialect: new PostgresDialect({ pool }), log: () => void statements++ });
  const now = new Date();
  await db.transaction().execute(async (trx) => {
    await insertReassignment(trx, { id: newId(), requestedById: user, now });
    for (const title of ['Clean the cage', 'Fill the bowl', 'Hang the swing'])
      await insertTask(trx, {
        id: newId(),
        title,
        jiraId: null,
        description: '',
        creatorId: user,
        createdAt: now,
        resolvedAt: null,
        assigneeId: user,
        assignmentId: newId(),
        assignedAt: now,
      });
  });
});
afterAll(() => db?.destroy());

const schema = buildSubgraphSchema([{ typeDefs: readSdl('tracker'), resolvers }] as never);

/** Returns how many statements a query takes, and how many nodes it gets. */
async function ask(source: string): Promise<{ statements: number; nodes: number }> {
  statements = 0;
  const contextValue = { database: workOn(db), loaders: createLoaders(db), caller: { userId: user } };
  const { data, errors } = await graphql({ schema, source, contextValue });
  expect(errors).toBeUndefined();
  return { statements, nodes: JSON.stringify(data).split('"id"').length - 1 };
}

test.each([
  ['tasks', (selection: string) => `{ tasks ${selection} }`],
  ['myTasks', (selection: string) => `{ myTasks ${selection} }`],
  ['reassignments', (selection: string) => `{ reassignments ${selection} }`],
  ['Task.assignments', (selection: string) => `{ tasks { nodes { assignments ${selection} } } }`],
])('nodes and edges of %s come from the same statements', async (_, query) => {
  const nodes = await ask(query('{ nodes { id } }'));
  expect(nodes.statements).toBeGreaterThan(0);
  expect(nodes.nodes).toBeGreaterThan(0);
  const both = await ask(query('{ nodes { id } edges { cursor node { id } } pageInfo { startCursor } }'));
  expect(both).toEqual({ statements: nodes.statements, nodes: 2 * nodes.nodes });
});

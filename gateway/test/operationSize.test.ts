import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Supergraph } from '@apollo/federation-internals';
import {
  buildSchema,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { readGatewaySettings } from '../src/settings.ts';
import { readSizeRules, sizeOf } from '../src/supergraph/operationSize.ts';
import { withoutSecurityMark } from '../src/supergraph/supergraphLinks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const supergraphSdl = withoutSecurityMark(readFileSync(`${root}schema/supergraph.graphql`, 'utf8'));
const schema = Supergraph.build(supergraphSdl, { validateSupergraph: false }).apiSchema().toGraphQLJSSchema();
const rules = readSizeRules(supergraphSdl);
const limits = readGatewaySettings({ INTERNAL_SECRET: 'a secret for the tests only' });

const operationOf = (query: string) => {
  const document = parse(query);
  return {
    document,
    operation: document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!,
  };
};
const size = (query: string, variables = {}) => {
  const { document, operation } = operationOf(query);
  return sizeOf(schema, rules, document, operation, variables);
};

test('a text counts as long as it can be, and as often as the page has room for it', () => {
  const one = size('{ tasks(first: 1) { nodes { description } } }').bytes;
  const two = size('{ tasks(first: 2) { nodes { description } } }').bytes;
  expect(two - one).toBeGreaterThan(40_000);
  expect(two - one).toBeLessThan(40_100);
  expect(size('query ($n: Int!) { tasks(first: $n) { nodes { description } } }', { n: 2 }).bytes).toBe(two);
  const nested = size(
    '{ tasks(first: 10) { nodes { assignee { tasks(first: 20) { nodes { description } } } } } }',
  );
  expect(nested.bytes).toBeGreaterThan(10 * 20 * 40_000);
});

test('a page size counts for the lists that it is meant for, and not for what stands beside them', () => {
  const { fields } = size('{ tasks(first: 100) { nodes { id } pageInfo { endCursor } } }');
  expect(fields).toBe(1 + 1 + 100 + 2);
  const both = size('{ tasks(first: 100) { nodes { id } edges { cursor node { id } } } }');
  expect(both.fields).toBe(1 + (1 + 100) + (1 + 100 * 3));
});

/** The fields that return a connection, such as `Task.assignments`, and what its nodes are. */
const connections = Object.values(schema.getTypeMap()).flatMap((type) =>
  isObjectType(type)
    ? Object.values(type.getFields()).flatMap((field) => {
        const connection = getNamedType(field.type);
        if (!isObjectType(connection) || !connection.name.endsWith('Connection')) return [];
        return [
          { parent: type.name, field: field.name, node: getNamedType(connection.getFields().nodes!.type) },
        ];
      })
    : [],
);
const around: Readonly<Record<string, (selection: string) => string>> = {
  Query: (selection) => selection,
  Task: (selection) => `task(id: "1") { ${selection} }`,
  User: (selection) => `me { ${selection} }`,
  Account: (selection) => `myAccount { ${selection} }`,
};

test('no connection is cheaper by its edges than by its nodes, however long its page is', () => {
  expect(connections.length).toBeGreaterThanOrEqual(11);
  for (const { parent, field, node } of connections) {
    const leaves = Object.values((node as GraphQLObjectType).getFields())
      .filter(({ type }) => isLeafType(getNamedType(type)))
      .map(({ name }) => name)
      .join(' ');
    const sizeFor = (first: number, selection: string) =>
      size(`{ ${around[parent]!(`${field}(first: ${first}) { ${selection} }`)} }`);
    for (const first of [1, 10, 200]) {
      const byNodes = sizeFor(first, `nodes { ${leaves} }`);
      const byEdges = sizeFor(first, `edges { node { ${leaves} } }`);
      // An edge is one field more per node, and some bytes around it.
      expect(byEdges.fields - byNodes.fields, `${parent}.${field}`).toBe(first);
      expect(byEdges.bytes - byNodes.bytes, `${parent}.${field}`).toBeGreaterThanOrEqual(first * 8);
    }
  }
});

test('a list without a page size counts by its assumed size', () => {
  expect(size('{ companyDays { day } }').fields).toBe(1 + 366);
});

test('another supergraph, which says nothing of sizes, is counted by the names of arguments and by types', () => {
  const other = buildSchema(
    'type Query { hens(first: Int = 50): [Hen!]! nest(limit: Int): Hen } type Hen { id: ID! name: String! eggs: Int! }',
  );
  const { document, operation } = operationOf('{ hens { id name eggs } nest(limit: 3) { name } }');
  const none = { weights: new Map(), lists: new Map() };
  const { fields, bytes } = sizeOf(other, none, document, operation, {});
  expect(fields).toBe(1 + 50 * 3 + 1 + 3);
  expect(bytes).toBeGreaterThan(50 * (40 + 256 + 11));
  expect(bytes).toBeLessThan(50 * 2 * (40 + 256 + 11));
});

test("every operation of the app stays a factor of ten below the limits, with the app's pages full", () => {
  const files = execFileSync('git', ['ls-files', 'spa/src/*.graphql', 'spa/src/**/*.graphql'], {
    cwd: root,
    encoding: 'utf8',
  });
  const document = parse(
    files
      .trim()
      .split('\n')
      .map((file) => readFileSync(root + file, 'utf8'))
      .join('\n'),
  );
  const operations = document.definitions.filter(
    (each): each is OperationDefinitionNode => each.kind === Kind.OPERATION_DEFINITION,
  );
  expect(operations.length).toBeGreaterThan(20);
  for (const operation of operations) {
    // Where the app passes the page size, it is the largest that is allowed.
    const { fields, bytes } = sizeOf(schema, rules, document, operation, { first: 200 });
    expect(fields * 10, operation.name?.value).toBeLessThanOrEqual(limits.MAX_COST);
    expect(bytes * 10, operation.name?.value).toBeLessThanOrEqual(limits.MAX_ANSWER_BYTES);
    expect(bytes, operation.name?.value).toBeLessThanOrEqual(limits.HEAVY_BYTES);
  }
});

test('what killed a process is far above the limit', () => {
  const query = `{ tasks(first: 200) { nodes { assignee {
    a: tasks(first: 200) { nodes { description } } b: tasks(first: 200) { nodes { description } } } } } }`;
  expect(size(query).bytes).toBeGreaterThan(100 * limits.MAX_ANSWER_BYTES);
});

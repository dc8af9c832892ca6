import { buildSchema, type GraphQLObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type ComposedGraph, composeGraph, readSubgraphs } from '../scripts/composition.ts';
import { graphPage } from '../scripts/graphPage.ts';

describe('the page of the graph', () => {
  const rowOf = (sdl: string, field: string) =>
    graphPage(new Map([['nests', sdl]]))
      .split('\n')
      .find((line) => line.startsWith(`| \`${field}`));

  it.each([
    [
      'a field for anyone',
      'type Query { "The weather." weather: String! }',
      'weather',
      '| `weather` | `String!` | The weather. | anyone | nests |  |',
    ],
    [
      'a field for any user, and its arguments',
      'type Query { "Nests. Newest first." nests(first: Int!, after: String): [ID!]! @authenticated }',
      'nests',
      '| `nests(first, after)` | `[ID!]!` | Nests. | any user | nests |  |',
    ],
    [
      'the roles that have a scope',
      'type Query { "Eggs. Managers and admins only." eggs: Int @requiresScopes(scopes: [["users:list"]]) }',
      'eggs',
      '| `eggs` | `Int` | Eggs. | managers and admins (`users:list`) | nests |  |',
    ],
    [
      'the roles that have one of several scopes',
      'type Query { "Eggs." eggs: Int @requiresScopes(scopes: [["users:list", "users:manage"], ["ledger:read"]]) }',
      'eggs',
      '| `eggs` | `Int` | Eggs. | accountants and admins (`users:list and users:manage or ledger:read`) | nests |  |',
    ],
    [
      'what a guarded type asks for',
      'type Query { "A nest." nest: Nest @authenticated } type Nest @requiresScopes(scopes: [["users:manage"]]) { id: ID }',
      'nest',
      '| `nest` | `Nest` | A nest. | admins (`users:manage`) | nests |  |',
    ],
    [
      'what depends on data, and the errors of its own',
      'type Mutation {\n"""\nLeaves\na nest. The owner only. Errors: NOT_FOUND; CONFLICT where | is.\n"""\nleave: Int @authenticated }',
      'leave',
      '| `leave` | `Int` | Leaves a nest. | the owner | nests | `NOT_FOUND`; `CONFLICT` where \\| is |',
    ],
    [
      'a guarded field of a type',
      'type Nest { id: ID "Its eggs." eggs: Int @requiresScopes(scopes: [["users:manage"]]) }',
      'Nest',
      '| `Nest.eggs` | `Int` | Its eggs. | admins (`users:manage`) | `FORBIDDEN` | nests |',
    ],
    [
      'a field that is null for most',
      'type Nest { id: ID "Its key. Readable by the owner and admins; null for anyone else." key: Int }',
      'Nest',
      '| `Nest.key` | `Int` | Its key. | the owner and admins | null | nests |',
    ],
  ])('shows %s', (_, sdl, field, row) => {
    expect(rowOf(sdl, field)).toBe(row);
  });

  it('says what each field of the repository’s graph is, and who may, as its description does', () => {
    const graph = composeGraph(readSubgraphs()) as ComposedGraph;
    const api = buildSchema(graph.files.get('schema/api.graphql')!);
    const rows = graphPage(readSubgraphs())
      .split('\n')
      .map((line) => line.split(' | '));
    for (const type of ['Query', 'Mutation', 'Subscription']) {
      const fields = Object.values((api.getType(type) as GraphQLObjectType).getFields());
      for (const { name, description } of fields) {
        const [, , what, who] = rows.find(([field]) => new RegExp(`^\\| \`${name}[(\`]`).test(field!))!;
        expect(what, name).toMatch(/^[A-Z].*\.$/);
        const people = /^(.*) \(`/.exec(who!)?.[1];
        if (people) expect(description!.toLowerCase(), name).toContain(`. ${people} only.`);
      }
    }
  });
});

import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type ComposedGraph, composeGraph, readSubgraphs, sizeOf } from '../scripts/composition.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override", "@shareable", "@authenticated"])';
const compose = (subgraphs: Record<string, string>) =>
  composeGraph(new Map(Object.entries(subgraphs).map(([name, sdl]) => [name, `${link}\n${sdl}`])));

const nests = 'type Query { nests: [Nest!]! }\ntype Nest @key(fields: "id") { id: ID! height: Int! }';
const eggs = 'type Nest @key(fields: "id") {\n  id: ID!\n  eggs: Int @authenticated\n}';

describe('composition', () => {
  it('gives the supergraph, and what clients see of it', () => {
    const graph = compose({ nests, eggs }) as ComposedGraph;
    expect(graph.files.get('schema/supergraph.graphql')).toMatch(/eggs: Int @join__field\(graph: EGGS\)/);
    expect(graph.files.get('schema/api.graphql')).toBe(
      'type Nest {\n  eggs: Int\n  height: Int!\n  id: ID!\n}\n\ntype Query {\n  nests: [Nest!]!\n}\n',
    );
    expect(sizeOf(graph.api)).toEqual({ types: 2, fields: 4 });
    expect(graph.warnings).toEqual([]);
  });

  it.each([
    [
      'a type that does not exist',
      { nests: nests.replace('[Nest!]!', '[Nst!]!') },
      ['[nests] Unknown type Nst (schema/sdl/nests.graphql:2)'],
    ],
    [
      'a field of two types',
      { nests, eggs: eggs.replace('eggs: Int', 'height: String! @shareable') },
      [
        expect.stringMatching(
          /^Type of field "Nest.height" is incompatible across subgraphs.*\(schema\/sdl\/eggs\.graphql:4, schema\/sdl\/nests\.graphql:3\)$/,
        ),
        expect.stringMatching(/^Non-shareable field "Nest.height" is resolved from multiple subgraphs/),
      ],
    ],
    [
      'SDL that cannot be read, in each subgraph',
      { nests: 'type Query {', eggs: 'tpye Egg { id: ID! }' },
      [
        'Syntax Error: Expected Name, found <EOF>. (schema/sdl/nests.graphql:2)',
        'Syntax Error: Unexpected Name "tpye". (schema/sdl/eggs.graphql:2)',
      ],
    ],
  ])('names the places of %s', (_, subgraphs, problems) => {
    expect(compose(subgraphs)).toEqual({ problems });
  });

  it('warns of a field that is taken over from a subgraph that does not exist', () => {
    const moved = eggs.replace('@authenticated', '@override(from: "trees")');
    expect((compose({ nests, eggs: moved }) as ComposedGraph).warnings).toEqual([
      'Source subgraph "trees" for field "Nest.eggs" on subgraph "eggs" does not exist. (schema/sdl/eggs.graphql:4)',
    ]);
  });

  it('of the repository gives a schema that clients can build, without a warning', () => {
    const graph = composeGraph(readSubgraphs()) as ComposedGraph;
    expect(graph.warnings).toEqual([]);
    expect(buildSchema(graph.files.get('schema/api.graphql')!).getQueryType()?.getFields()).toHaveProperty(
      'me',
    );
  });
});

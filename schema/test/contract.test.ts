import { readFileSync } from 'node:fs';
import {
  buildASTSchema,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLSchema,
  Kind,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { sdlFile, subgraphNames } from '../src/sdl.ts';

/** The definitions that `@link` imports from the federation's specification. */
const federation = parse(`
  scalar federation__Scope
  scalar federation__FieldSet
  directive @key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @shareable repeatable on OBJECT | FIELD_DEFINITION
  directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @requiresScopes(scopes: [[federation__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
  directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`);

function schemaOf(sdl: string): GraphQLSchema {
  const own = parse(sdl).definitions.filter(({ kind }) => kind !== Kind.SCHEMA_EXTENSION);
  return buildASTSchema({ kind: Kind.DOCUMENT, definitions: [...federation.definitions, ...own] });
}

const problems = (contract: GraphQLSchema, offered: GraphQLSchema) => [
  ...findBreakingChanges(contract, offered).map(({ description }) => description),
  ...findDangerousChanges(contract, offered)
    .filter(({ type }) => type === 'ARG_DEFAULT_VALUE_CHANGE')
    .map(({ description }) => description),
];

describe('the contract', () => {
  it.each(subgraphNames)(
    'of %s is kept: every type, field, argument, default, nullability and value',
    (name) => {
      const contract = readFileSync(new URL(`contract/${name}.graphql`, import.meta.url), 'utf8');
      expect(problems(schemaOf(contract), schemaOf(readFileSync(sdlFile(name), 'utf8')))).toEqual([]);
    },
  );

  it.each([
    ['a field', 'type Query { b: Int! } enum E { X Y }'],
    ['a value', 'type Query { a(n: Int = 1): E! b: Int! } enum E { X }'],
    ['an argument', 'type Query { a: E! b: Int! } enum E { X Y }'],
    ['a default', 'type Query { a(n: Int = 2): E! b: Int! } enum E { X Y }'],
    ['that it is never null', 'type Query { a(n: Int = 1): E b: Int! } enum E { X Y }'],
  ])('is seen to be broken by the loss of %s', (_, offered) => {
    const contract = 'type Query { a(n: Int = 1): E! b: Int! } enum E { X Y }';
    expect(problems(schemaOf(contract), schemaOf(contract))).toEqual([]);
    expect(problems(schemaOf(contract), schemaOf(offered))).not.toEqual([]);
  });
});

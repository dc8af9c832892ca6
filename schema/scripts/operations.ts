import { readdirSync, readFileSync } from 'node:fs';
import {
  concatAST,
  type DocumentNode,
  type GraphQLSchema,
  NoUnusedFragmentsRule,
  parse,
  Source,
  specifiedRules,
  validate,
} from 'graphql';

const spaSources = new URL('../../spa/src/', import.meta.url);

/** One `.graphql` file of the app. */
export interface OperationFile {
  /** From `spa/src`. */
  readonly location: string;
  readonly document: DocumentNode;
}

/** Reads the app's operations. @throws GraphQLError where a file is not GraphQL. */
export const readOperations = (): OperationFile[] =>
  readdirSync(spaSources, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.graphql'))
    .sort()
    .map((location) => {
      const text = readFileSync(new URL(location, spaSources), 'utf8');
      return { location, document: parse(new Source(text, `spa/src/${location}`)) };
    });

// The app also reads its cache by fragments that no operation has.
const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);

/** Says what the app asks for and the graph does not have, with its place. Nothing is generated from such operations. */
export const operationProblems = (operations: readonly OperationFile[], api: GraphQLSchema): string[] =>
  validate(api, concatAST(operations.map(({ document }) => document)), rules).map(({ message, nodes }) => {
    const place = nodes?.[0]?.loc;
    return `${place?.source.name}:${place?.startToken.line} ${message}`;
  });

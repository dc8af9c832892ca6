import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  parse,
  printSchema,
  Source,
} from 'graphql';
import { sdlFile, subgraphNames } from '../src/sdl.ts';

/** The file that the gateway serves, from the repository's root. */
export const supergraphFile = 'schema/supergraph.graphql';

/**
 * The file with the API schema, which is what clients see: without what is said to the gateway, and sorted by name, so
 * that moving a field changes nothing in it. From the repository's root.
 */
export const apiFile = 'schema/api.graphql';

/** The graph that the subgraphs make together. */
export interface ComposedGraph {
  /** The text of each composed file, by its path. */
  readonly files: ReadonlyMap<string, string>;
  readonly api: GraphQLSchema;
  /** Hints of level WARN: the subgraphs compose, but probably not to what was meant. */
  readonly warnings: readonly string[];
}

/** Says why the subgraphs do not compose, in one sentence for each reason. */
export interface CompositionFailure {
  readonly problems: readonly string[];
}

/** Reads the SDL of each subgraph, by its name. */
export const readSubgraphs = (): ReadonlyMap<string, string> =>
  new Map(subgraphNames.map((name) => [name, readFileSync(sdlFile(name), 'utf8')]));

/**
 * Composes the subgraphs into one graph.
 * @param subgraphs the SDL of each subgraph, by its name
 */
export function composeGraph(subgraphs: ReadonlyMap<string, string>): ComposedGraph | CompositionFailure {
  const services: { name: string; url: string; typeDefs: DocumentNode }[] = [];
  const problems: string[] = [];
  for (const [name, sdl] of subgraphs) {
    const source = new Source(sdl, `schema/sdl/${name}.graphql`);
    try {
      services.push({ name, url: `http://${name}.subgraph`, typeDefs: parse(source) });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      problems.push(`${error.message} (${source.name}:${error.locations?.[0]?.line})`);
    }
  }
  if (problems.length > 0) return { problems };
  const composed = composeServices(services);
  if (composed.errors) return { problems: composed.errors.map(sentence) };
  const api = composed.schema.toAPISchema().toGraphQLJSSchema();
  return {
    files: new Map([
      [supergraphFile, `${composed.supergraphSdl.trimEnd()}\n`],
      [apiFile, `${printSchema(lexicographicSortSchema(api)).trimEnd()}\n`],
    ]),
    api,
    warnings: composed.hints.filter(({ definition }) => definition.level.name === 'WARN').map(sentence),
  };
}

/** Returns what composition says, with the places of the SDL that it is about. */
function sentence({ message, nodes }: { message: string; nodes?: readonly ASTNode[] | undefined }): string {
  const places = (nodes ?? []).flatMap(({ loc }) =>
    loc ? [`${loc.source.name}:${loc.startToken.line}`] : [],
  );
  return places.length > 0 ? `${message} (${places.join(', ')})` : message;
}

/** Counts the types that the subgraphs declare, and the fields of the object types among them. */
export function sizeOf(api: GraphQLSchema): { types: number; fields: number } {
  const types = Object.values(api.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  const fields = types.filter(isObjectType).flatMap((type) => Object.keys(type.getFields()));
  return { types: types.length, fields: fields.length };
}

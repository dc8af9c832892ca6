import {
  type DirectiveNode,
  type DocumentNode,
  Kind,
  parse,
  print,
  type SchemaDefinitionNode,
  type SchemaExtensionNode,
} from 'graphql';

const textArgument = (directive: DirectiveNode, name: string): string | undefined => {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
};

const isSchema = (
  definition: DocumentNode['definitions'][number],
): definition is SchemaDefinitionNode | SchemaExtensionNode =>
  definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION;

/** Returns the specification of a `@link`: `authenticated` for `https://specs.apollo.dev/authenticated/v0.1`. */
const specOf = (link: DirectiveNode): string | undefined =>
  textArgument(link, 'url')?.match(/\/([^/]+)\/v\d[^/]*$/)?.[1];

/** Returns the specifications that a supergraph links, each with the name of its directive there. */
export function linkedSpecs(supergraph: DocumentNode): { spec: string; directive: string }[] {
  return supergraph.definitions
    .filter(isSchema)
    .flatMap((schema) => schema.directives ?? [])
    .flatMap((link) => {
      const spec = link.name.value === 'link' ? specOf(link) : undefined;
      return spec === undefined ? [] : [{ spec, directive: textArgument(link, 'as') ?? spec }];
    });
}

/**
 * Removes `for: SECURITY` from the links of `@authenticated` and `@requiresScopes`. `@apollo/gateway` refuses a
 * supergraph with this mark, because it does not enforce the two itself. Here that refusal would be wrong: every
 * subgraph enforces both, and the gateway checks that the caller is signed in (`requirements.ts`). Any other security
 * specification keeps its mark, and so is still refused.
 */
export function withoutSecurityMark(supergraphSdl: string): string {
  const supergraph = parse(supergraphSdl, { noLocation: true });
  const definitions = supergraph.definitions.map((definition) =>
    isSchema(definition)
      ? {
          ...definition,
          directives: (definition.directives ?? []).map((link) => {
            const enforced = ['authenticated', 'requiresScopes'].includes(specOf(link) ?? '');
            if (link.name.value !== 'link' || !enforced) return link;
            return { ...link, arguments: link.arguments?.filter(({ name }) => name.value !== 'for') ?? [] };
          }),
        }
      : definition,
  );
  return print({ ...supergraph, definitions });
}

/** Returns the subgraphs that a supergraph joins, with their routing URLs. */
export function subgraphsOf(supergraph: DocumentNode): { name: string; url?: string }[] {
  return supergraph.definitions.flatMap((definition) =>
    definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph'
      ? (definition.values ?? []).flatMap(({ directives }) => {
          const graph = directives?.find(({ name }) => name.value === 'join__graph');
          const name = graph && textArgument(graph, 'name');
          const url = graph && textArgument(graph, 'url');
          return name ? [{ name, ...(url ? { url } : {}) }] : [];
        })
      : [],
  );
}

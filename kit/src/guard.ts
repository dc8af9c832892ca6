import { getDirective, MapperKind, mapSchema } from '@graphql-tools/utils';
import { defaultFieldResolver, GraphQLError, type GraphQLSchema, getNamedType } from 'graphql';
import { type AuthenticationProblem, authenticationProblems } from './token.ts';

/** What the guard asks of a request's context. */
export interface GuardedContext {
  /** The scopes of whoever asks, or why nobody does. */
  readonly access: { scopes: ReadonlySet<string> } | { problem: AuthenticationProblem };
}

/** The error of a request without a valid token. */
export const unauthenticated = (problem: AuthenticationProblem) =>
  new GraphQLError(authenticationProblems[problem], { extensions: { code: 'UNAUTHENTICATED' } });

/**
 * Enforces `@authenticated` and `@requiresScopes` of the SDL, on a field or on its type. The subgraph is the
 * authority: the gateway refuses some of this earlier, but nothing rests on that.
 */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName, typeName, mapped) => {
      const places = [field, mapped.getType(typeName), getNamedType(field.type)].filter(
        (place) => place !== undefined,
      );
      const alternatives = places.flatMap((place) =>
        (getDirective(mapped, place as never, 'requiresScopes') ?? []).map(
          ({ scopes }) => scopes as string[][],
        ),
      );
      const needsCaller =
        alternatives.length > 0 ||
        places.some((place) => getDirective(mapped, place as never, 'authenticated')?.length);
      if (!needsCaller) return undefined;
      const resolve = field.resolve ?? defaultFieldResolver;
      return {
        ...field,
        resolve: (source, args, context: GuardedContext, info) => {
          if ('problem' in context.access) throw unauthenticated(context.access.problem);
          const { scopes } = context.access;
          for (const anyOf of alternatives) {
            if (!anyOf.some((allOf) => allOf.every((scope) => scopes.has(scope)))) {
              throw new GraphQLError(
                `Your role does not allow ${typeName}.${fieldName}: it needs ${anyOf.map((allOf) => allOf.join(' and ')).join(', or ')}.`,
                {
                  extensions: { code: 'FORBIDDEN' },
                },
              );
            }
          }
          return resolve(source, args, context, info);
        },
      };
    },
  });
}

import { getDirective, MapperKind, mapSchema } from '@graphql-tools/utils';
import {
  defaultFieldResolver,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
} from 'graphql';
import { type AuthenticationProblem, authenticationProblems } from './token.ts';

/** What the guard needs of a request's context. */
export interface GuardedContext {
  /** The caller's scopes, or why there is no caller. */
  readonly access: { scopes: ReadonlySet<string> } | { problem: AuthenticationProblem };
}

/** The error of a request without a valid token. */
export const unauthenticated = (problem: AuthenticationProblem) =>
  new GraphQLError(authenticationProblems[problem], { extensions: { code: 'UNAUTHENTICATED' } });

/**
 * Enforces the SDL's `@authenticated` and `@requiresScopes`, on a field or its type. The subgraph decides: the gateway refuses
 * some requests earlier, but security does not depend on that.
 */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName, typeName, mapped) => {
      const places = [field, mapped.getType(typeName), getNamedType(field.type)].filter(
        (place) => place !== undefined,
      );
      const requirements = places.flatMap((place) =>
        (getDirective(mapped, place as never, 'requiresScopes') ?? []).map(
          ({ scopes }) => scopes as string[][],
        ),
      );
      const needsCaller =
        requirements.length > 0 ||
        places.some((place) => getDirective(mapped, place as never, 'authenticated')?.length);
      if (!needsCaller) return undefined;
      const check = ({ access }: GuardedContext) => {
        if ('problem' in access) throw unauthenticated(access.problem);
        for (const anyOf of requirements) {
          if (!anyOf.some((allOf) => allOf.every((scope) => access.scopes.has(scope)))) {
            throw new GraphQLError(
              `Your role does not allow ${typeName}.${fieldName}: it needs ${anyOf.map((allOf) => allOf.join(' and ')).join(', or ')}.`,
              { extensions: { code: 'FORBIDDEN' } },
            );
          }
        }
      };
      const guarded =
        (resolve: GraphQLFieldResolver<unknown, GuardedContext>): typeof resolve =>
        (source, args, context, info) => {
          check(context);
          return resolve(source, args, context, info);
        };
      return {
        ...field,
        resolve: guarded(field.resolve ?? defaultFieldResolver),
        // A subscription is checked when it begins and with each payload: the caller's role may change.
        ...(field.subscribe && { subscribe: guarded(field.subscribe) }),
      };
    },
  });
}

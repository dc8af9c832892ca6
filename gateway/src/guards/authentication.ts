import type { ApolloServerPlugin } from '@apollo/server';
import {
  type AuthenticationProblem,
  authenticationProblems,
  createTokenVerifier,
  type TokenClaims,
} from '@ates/kit/graph/token';
import { type Log, seldom } from '@ates/kit/process/log';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { CallerContext } from '../request/caller.ts';
import { httpStatus } from '../request/transport.ts';
import type { Endpoint } from '../settings.ts';
import type { NeedsCaller } from '../supergraph/requirements.ts';
import { askTokenActivity } from './tokenActivity.ts';

/** The result of checking an `Authorization` header. */
export interface Identity {
  /** Why the caller is not signed in. Undefined for a signed-in caller, and where only the subgraphs can find out. */
  readonly problem: AuthenticationProblem | undefined;
  /** The header that subgraphs get. An invalid one is kept from them, so that it cannot spoil a log-in. */
  readonly authorization: string | undefined;
  /** The claims of the token; undefined without one, and where the gateway does not verify tokens. */
  readonly claims?: TokenClaims;
}

export interface Authentication {
  identify(authorization: string | undefined): Promise<Identity>;
  close(): Promise<void>;
}

/**
 * Verifies callers' tokens. The subgraphs verify them again, and their result is what counts; the check here refuses
 * hopeless requests early. So where the keys cannot be fetched, requests go on to the subgraphs.
 */
export function createAuthentication(options: {
  jwksUrl: string | undefined;
  introspection: Endpoint | undefined;
  now: () => Date;
  log: Log;
}): Authentication {
  const { jwksUrl, introspection, log } = options;
  if (jwksUrl === undefined) {
    return {
      identify: async (authorization) => ({ problem: undefined, authorization }),
      close: async () => {},
    };
  }
  const verify = createTokenVerifier(new URL(jwksUrl), options.now);
  const activity = introspection && askTokenActivity(introspection, log);
  const warn = seldom((error: unknown) =>
    log.warn({ err: error }, 'cannot verify tokens at the moment: for now, only the subgraphs do'),
  );
  return {
    async identify(authorization) {
      let verdict: Awaited<ReturnType<typeof verify>>;
      try {
        verdict = await verify(authorization);
      } catch (error) {
        warn(error);
        return { problem: undefined, authorization };
      }
      if ('problem' in verdict) return { problem: verdict.problem, authorization: undefined };
      const token = authorization?.replace(/^Bearer /i, '') ?? '';
      if (activity && !(await activity.isActive(token))) {
        return { problem: 'ended', authorization: undefined };
      }
      return { problem: undefined, authorization, claims: verdict.claims };
    },
    close: async () => activity?.close(),
  };
}

/** Refuses an operation that needs a signed-in caller, before any subgraph is asked. */
export function refuseStrangers(
  needsCaller: (schema: GraphQLSchema) => NeedsCaller,
): ApolloServerPlugin<CallerContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          const { problem } = contextValue;
          if (problem === undefined || !operation) return;
          if (!needsCaller(schema)(document, operation, request.variables ?? {})) return;
          throw unauthenticated(problem);
        },
      };
    },
  };
}

/** Returns the error for callers who are not signed in. `legacyStatus` makes its status 200 for older clients. */
export const unauthenticated = (problem: AuthenticationProblem) =>
  new GraphQLError(authenticationProblems[problem], {
    extensions: {
      code: 'UNAUTHENTICATED',
      ...httpStatus(401, [['www-authenticate', 'Bearer']]),
    },
  });

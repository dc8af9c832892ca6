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

/** What came of looking at an `Authorization` header. */
export interface Identity {
  /** Why nobody is signed in; undefined where somebody is, or where it is left to the subgraphs to tell. */
  readonly problem: AuthenticationProblem | undefined;
  /** The header as subgraphs get it: one that does not hold is kept from them, so that it cannot spoil a log-in. */
  readonly authorization: string | undefined;
  /** What the token says; undefined without one, and where tokens just pass through. */
  readonly claims?: TokenClaims;
}

export interface Authentication {
  identify(authorization: string | undefined): Promise<Identity>;
  close(): Promise<void>;
}

/**
 * Verifies callers' tokens. The subgraphs verify them again and are the authority; doing it here as well refuses
 * hopeless requests early. So wherever the keys cannot be had, requests go on to the subgraphs.
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
    log.warn({ err: error }, 'tokens cannot be verified at the moment and are left to the subgraphs'),
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

/** Refuses an operation that selects what only signed-in callers may have, before any subgraph is asked. */
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

/** The status is for clients of `application/graphql-response+json`; for older ones `legacyStatus` makes it 200. */
export const unauthenticated = (problem: AuthenticationProblem) =>
  new GraphQLError(authenticationProblems[problem], {
    extensions: {
      code: 'UNAUTHENTICATED',
      ...httpStatus(401, [['www-authenticate', 'Bearer']]),
    },
  });

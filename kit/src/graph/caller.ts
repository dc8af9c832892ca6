import type { IncomingHttpHeaders } from 'node:http';
import type { GuardedContext } from './guard.ts';
import { byId } from './loaders.ts';
import type { AuthenticationProblem, VerifyToken } from './token.ts';

/** Whoever sent a request, as far as this service knows. */
export interface Caller<Role extends string = string> {
  readonly userId: string;
  readonly role: Role;
  readonly sessionId: string;
}

/** A service's own copy of what it needs to know of a user. */
export interface UserState<Role extends string = string> {
  readonly role: Role;
  readonly active: boolean;
  readonly version: number;
}

/** Tells who sent a request. */
export type IdentifyCaller<Role extends string> = (request: {
  readonly headers: IncomingHttpHeaders;
}) => Promise<{ caller: Caller<Role> | null; access: GuardedContext['access'] }>;

/**
 * Whichever is newer of the token and the service's own copy of the user counts (rule 2), so that a role change or a
 * deactivation counts before the token runs out. Copies are read in one statement for all requests that come together.
 */
export function identifyCallers<Role extends string>(options: {
  verifyToken: VerifyToken;
  findOwnCopies: (userIds: readonly string[]) => Promise<readonly (UserState<Role> & { id: string })[]>;
  isRole: (text: string) => text is Role;
  scopesOfRole: Readonly<Record<Role, readonly string[]>>;
}): IdentifyCaller<Role> {
  const nobody = (problem: AuthenticationProblem) => ({ caller: null, access: { problem } });
  const ownCopies = byId(options.findOwnCopies, { cache: false });
  return async ({ headers }) => {
    const verdict = await options.verifyToken(headers.authorization);
    if ('problem' in verdict) return nobody(verdict.problem);
    const { userId, userVersion, sessionId } = verdict.claims;
    if (!options.isRole(verdict.claims.role)) return nobody('invalid');
    let role: Role = verdict.claims.role;
    const own = await ownCopies.load(userId);
    if (own && own.version >= userVersion) {
      if (!own.active) return nobody('ended');
      role = own.role;
    }
    return {
      caller: { userId, role, sessionId },
      access: { scopes: new Set(options.scopesOfRole[role]) },
    };
  };
}

import type { IncomingHttpHeaders } from 'node:http';
import type { GuardedContext } from './guard.ts';
import { byId } from './loaders.ts';
import type { AuthenticationProblem, VerifyToken } from './token.ts';

/** The user who sent a request, as this service knows them. */
export interface Caller<Role extends string = string> {
  readonly userId: string;
  readonly role: Role;
  readonly sessionId: string;
}

/** What a service knows of a user from its own copy. */
export interface UserState<Role extends string = string> {
  readonly role: Role;
  readonly active: boolean;
  readonly version: number;
}

/**
 * Identifies callers by their tokens. Where the service's own copy of the user is newer than the token, the copy counts
 * (rule 2), so a role change or a deactivation counts before the token expires. Requests that come together share one
 * statement.
 */
export function identifyCallers<Role extends string>(options: {
  verifyToken: VerifyToken;
  findOwnCopies: (userIds: readonly string[]) => Promise<readonly (UserState<Role> & { id: string })[]>;
  isRole: (text: string) => text is Role;
  scopesOfRole: Readonly<Record<Role, readonly string[]>>;
}) {
  const nobody = (problem: AuthenticationProblem) => ({ caller: null, access: { problem } });
  const ownCopies = byId(options.findOwnCopies, { cache: false });
  return async ({
    headers,
  }: {
    readonly headers: IncomingHttpHeaders;
  }): Promise<{ caller: Caller<Role> | null; access: GuardedContext['access'] }> => {
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

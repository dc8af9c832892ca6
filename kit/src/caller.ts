import type { IncomingMessage } from 'node:http';
import type { GuardedContext } from './guard.ts';
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

/**
 * Tells who sent a request: whichever is newer of the token and the service's own copy of the user counts (rule 2),
 * so that a role change or a deactivation counts before the token runs out.
 */
export async function identifyCaller<Role extends string>(
  request: IncomingMessage,
  options: {
    verifyToken: VerifyToken;
    ownCopy: (userId: string) => Promise<UserState<Role> | undefined>;
    isRole: (text: string) => text is Role;
    scopesOfRole: Readonly<Record<Role, readonly string[]>>;
  },
): Promise<{ caller: Caller<Role> | null; access: GuardedContext['access'] }> {
  const nobody = (problem: AuthenticationProblem) => ({ caller: null, access: { problem } });
  const verdict = await options.verifyToken(request.headers.authorization);
  if ('problem' in verdict) return nobody(verdict.problem);
  const { userId, userVersion, sessionId } = verdict.claims;
  if (!options.isRole(verdict.claims.role)) return nobody('invalid');
  let role: Role = verdict.claims.role;
  const own = await options.ownCopy(userId);
  if (own && own.version >= userVersion) {
    if (!own.active) return nobody('ended');
    role = own.role;
  }
  return {
    caller: { userId, role, sessionId },
    access: { scopes: new Set(options.scopesOfRole[role]) },
  };
}

import type { ServerResponse } from 'node:http';
import type { Caller } from '@ates/kit/caller';
import type { GuardedContext } from '@ates/kit/guard';
import { Refusal } from '@ates/kit/refusal';
import type { ServiceDatabase } from '@ates/kit/unitOfWork';
import type { Role } from '@ates/schema/access';
import type DataLoader from 'dataloader';
import type { User } from './domain/user.ts';
import type { AuthTables } from './tables.ts';

/** What auth's resolvers know of the request they answer. */
export interface Context extends GuardedContext {
  readonly caller: Caller<Role> | null;
  readonly database: ServiceDatabase<AuthTables>;
  /** Where the request came from, as the gateway saw it. */
  readonly clientAddress: string;
  /** Whether the caller wants its refresh token in a cookie (`x-session: cookie`), and the one it sent. */
  readonly cookie: {
    readonly wanted: boolean;
    readonly refreshToken: string | undefined;
    readonly response: ServerResponse;
  };
  /** Who has just signed in by this very request: they are nobody to its guards, and may see themselves all the same. */
  readonly justSignedIn: Set<string>;
  readonly usersById: DataLoader<string, User | null>;
}

/** Who asks; every field that calls this is guarded by `@authenticated`, so that nobody gets here without. */
export function callerOf(context: Context): Caller<Role> {
  if (!context.caller) throw new Refusal('UNAUTHENTICATED', 'Sign in first.');
  return context.caller;
}

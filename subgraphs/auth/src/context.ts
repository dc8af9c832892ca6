import type { ServerResponse } from 'node:http';
import type { RequestContext } from '@ates/kit/service';
import type { Role } from '@ates/schema/access';
import type DataLoader from 'dataloader';
import type { User } from './domain/user.ts';
import type { AuthTables } from './tables.ts';

/** What auth's resolvers know of the request they answer. */
export interface Context extends RequestContext<AuthTables, Role> {
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

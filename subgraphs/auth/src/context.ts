import type { ServerResponse } from 'node:http';
import type { RequestContext } from '@ates/kit/service';
import type { Role } from '@ates/schema/access';
import type DataLoader from 'dataloader';
import type { User } from './domain/user.ts';
import type { AuthTables } from './tables.ts';

/** What auth's resolvers know about the request that they answer. */
export interface Context extends RequestContext<AuthTables, Role> {
  /** The address that the request came from, as the gateway saw it. */
  readonly clientAddress: string;
  /**
   * `wanted`: the caller wants its refresh token in a cookie (`x-session: cookie`). `refreshToken`: the one it sent.
   */
  readonly cookie: {
    readonly wanted: boolean;
    readonly refreshToken: string | undefined;
    readonly response: ServerResponse;
  };
  /** The users who signed in by this request. Its guards see no caller, but these users may see themselves. */
  readonly justSignedIn: Set<string>;
  readonly usersById: DataLoader<string, User | null>;
}

import type { Caller } from '@ates/kit/caller';
import type { GuardedContext } from '@ates/kit/guard';
import type { Log } from '@ates/kit/log';
import type { ServiceDatabase } from '@ates/kit/unitOfWork';
import type { Role } from '@ates/schema/access';
import type { Live } from './live.ts';
import type { AnalyticsTables } from './tables.ts';

/** What analytics' resolvers know of the request they answer. */
export interface Context extends GuardedContext {
  readonly caller: Caller<Role> | null;
  readonly database: ServiceDatabase<AnalyticsTables>;
  readonly log: Log;
  /** The company's, which decides what day it is. */
  readonly timeZone: string;
  readonly live: Live;
}

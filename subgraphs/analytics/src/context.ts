import type { Caller } from '@ates/kit/caller';
import type { Clock } from '@ates/kit/clock';
import type { GuardedContext } from '@ates/kit/guard';
import type { Log } from '@ates/kit/log';
import type { Role } from '@ates/schema/access';
import type { Kysely } from 'kysely';
import type { Live } from './live.ts';
import type { AnalyticsTables } from './tables.ts';

/** What analytics' resolvers know of the request they answer. */
export interface Context extends GuardedContext {
  readonly caller: Caller<Role> | null;
  readonly db: Kysely<AnalyticsTables>;
  readonly clock: Clock;
  readonly log: Log;
  /** The company's, which decides what day it is. */
  readonly timeZone: string;
  readonly live: Live;
}

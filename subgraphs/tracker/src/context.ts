import type { Caller } from '@ates/kit/caller';
import type { Random } from '@ates/kit/clock';
import type { GuardedContext } from '@ates/kit/guard';
import type { Log } from '@ates/kit/log';
import { Refusal } from '@ates/kit/refusal';
import type { ServiceDatabase } from '@ates/kit/unitOfWork';
import type { Role } from '@ates/schema/access';
import type { Live } from './live.ts';
import type { Loaders } from './loaders.ts';
import type { TrackerTables } from './tables.ts';

/** What tracker's resolvers know of the request they answer. */
export interface Context extends GuardedContext {
  readonly caller: Caller<Role> | null;
  readonly database: ServiceDatabase<TrackerTables>;
  readonly log: Log;
  readonly random: Random;
  readonly loaders: Loaders;
  readonly live: Live;
}

/** Who asks; every field that calls this is guarded by `@authenticated`, so that nobody gets here without. */
export function callerOf(context: Context): Caller<Role> {
  if (!context.caller) throw new Refusal('UNAUTHENTICATED', 'Sign in first.');
  return context.caller;
}

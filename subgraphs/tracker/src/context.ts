import type { Random } from '@ates/kit/process/clock';
import type { RequestContext } from '@ates/kit/service';
import type { Role } from '@ates/schema/access';
import type { Live } from './live.ts';
import type { Loaders } from './loaders.ts';
import type { TrackerTables } from './tables.ts';

/** What tracker's resolvers know about their request. */
export interface Context extends RequestContext<TrackerTables, Role> {
  readonly random: Random;
  readonly loaders: Loaders;
  readonly live: Live;
}

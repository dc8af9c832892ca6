import type { RequestContext } from '@ates/kit/service';
import type { Role } from '@ates/schema/access';
import type { Live } from './live.ts';
import type { AnalyticsTables } from './tables.ts';

/** What analytics' resolvers know about their request. */
export interface Context extends RequestContext<AnalyticsTables, Role> {
  /** The company's time zone, which decides what day it is. */
  readonly timeZone: string;
  readonly live: Live;
}

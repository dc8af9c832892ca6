import type { RequestContext } from '@ates/kit/service';
import type { Role } from '@ates/schema/access';
import type { Live } from './live.ts';
import type { AnalyticsTables } from './tables.ts';

/** What analytics' resolvers know of the request they answer. */
export interface Context extends RequestContext<AnalyticsTables, Role> {
  /** The company's, which decides what day it is. */
  readonly timeZone: string;
  readonly live: Live;
}

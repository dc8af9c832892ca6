import { findUserStates } from '@ates/kit/database/userCopies';
import { timeZone } from '@ates/kit/process/settings';
import { databaseUrl, liveSettings, type Service, serviceSettings } from '@ates/kit/service';
import { isRole, type Role, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import type { Context } from './context.ts';
import { openLive } from './live.ts';
import { resolvers } from './resolvers.ts';
import type { AnalyticsTables } from './tables.ts';

const settings = {
  ...serviceSettings,
  ...liveSettings,
  /** Analytics' database, with the application's role. */
  ANALYTICS_DATABASE_URL: databaseUrl(),
  /** A direct URL of the same database for LISTEN, where the one above leads to a pooler that shares connections. */
  ANALYTICS_LISTEN_URL: databaseUrl().optional(),
  /** The company's time zone, which decides the day of each fact. The workers need the same value. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
};

/** The company's figures. */
export const analytics: Service<AnalyticsTables, typeof settings, Role, Context> = {
  name: 'analytics',
  settings,
  sdl: readSdl('analytics'),
  resolvers,
  roles: { isRole, scopesOfRole },
  readyTable: 'task_day',
  findUsers: findUserStates,
  open({ settings: { COMPANY_TIME_ZONE }, database, views }) {
    const live = openLive(views, database, COMPANY_TIME_ZONE);
    return { context: () => ({ timeZone: COMPANY_TIME_ZONE, live }) };
  },
};

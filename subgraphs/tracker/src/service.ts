import { findUserStates } from '@ates/kit/database/userCopies';
import { databaseUrl, liveSettings, type Service, serviceSettings } from '@ates/kit/service';
import { isRole, type Role, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import type { Context } from './context.ts';
import { openLive } from './live.ts';
import { createLoaders } from './loaders.ts';
import { resolvers } from './resolvers.ts';
import type { TrackerTables } from './tables.ts';

const settings = {
  ...serviceSettings,
  ...liveSettings,
  /** Tracker's database, with the application's role. */
  TRACKER_DATABASE_URL: databaseUrl(),
  /** A direct URL of the same database for LISTEN, where the one above leads to a pooler that shares connections. */
  TRACKER_LISTEN_URL: databaseUrl().optional(),
};

/** Tasks, their assignees, and reassignments. */
export const tracker: Service<TrackerTables, typeof settings, Role, Context> = {
  name: 'tracker',
  settings,
  sdl: readSdl('tracker'),
  resolvers,
  roles: { isRole, scopesOfRole },
  readyTable: 'task',
  findUsers: findUserStates,
  open({ database, views, random }) {
    const live = openLive(views, database.db);
    return { context: () => ({ random, live, loaders: createLoaders(database.db) }) };
  },
};

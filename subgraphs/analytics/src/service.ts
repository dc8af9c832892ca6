import { findUserStates } from '@ates/kit/database/userCopies';
import { timeZone } from '@ates/kit/process/settings';
import { liveSettingsOf, type Service, settingsOf } from '@ates/kit/service';
import { isRole, type Role, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import type { Context } from './context.ts';
import { openLive } from './live.ts';

import { resolvers } from './resolvers.ts';
import type { AnalyticsTables } from './tables.ts';

const settings = {
  ...settingsOf('analytics'),
  ...liveSettingsOf('analytics'),
  /** The company's time zone, which decides which day something happened in. As the workers have it. */
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

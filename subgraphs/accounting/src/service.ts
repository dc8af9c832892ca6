import { findUserStates } from '@ates/kit/database/userCopies';
import { timeZone } from '@ates/kit/process/settings';
import { liveSettingsOf, type Service, settingsOf } from '@ates/kit/service';
import { isRole, type Role, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import { z } from 'zod';
import type { Context } from './context.ts';
import { openLive } from './live.ts';
import { createLoaders } from './loaders.ts';

import { resolvers } from './resolvers.ts';
import type { AccountingTables } from './tables.ts';
import { shareAudits } from './usecases/auditLedger.ts';
import { openCompany } from './usecases/openCompany.ts';

const settings = {
  ...settingsOf('accounting'),
  ...liveSettingsOf('accounting'),
  /** The company's time zone: what day it is. As the workers have it. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
  /** What prices are drawn with (rule 7); without it, one is made and kept in the database. As the workers have it. */
  PRICE_KEY: z.string().optional(),
};

/** The ledger, prices, and payouts. The first start of all opens the company's books. */
export const accounting: Service<AccountingTables, typeof settings, Role, Context> = {
  name: 'accounting',
  settings,
  sdl: readSdl('accounting'),
  resolvers,
  roles: { isRole, scopesOfRole },
  readyTable: 'company',
  findUsers: findUserStates,
  async open({ settings: { COMPANY_TIME_ZONE, PRICE_KEY }, database, views, skew }) {
    const company = await openCompany(database.db, database.clock, {
      timeZone: COMPANY_TIME_ZONE,
      priceKey: PRICE_KEY,
      skew,
    });
    const live = openLive(views, database, company);
    const auditLedger = shareAudits(database.db);
    return {
      context: () => ({ company, live, auditLedger, loaders: createLoaders(database, company) }),
    };
  },
};

import { findUserStates } from '@ates/kit/database/userCopies';
import { timeZone } from '@ates/kit/process/settings';
import { databaseUrl, liveSettings, type Service, serviceSettings } from '@ates/kit/service';
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
  ...serviceSettings,
  ...liveSettings,
  /** Accounting's database, with the application's role. */
  ACCOUNTING_DATABASE_URL: databaseUrl(),
  /** A direct URL of the same database for LISTEN, where the one above leads to a pooler that shares connections. */
  ACCOUNTING_LISTEN_URL: databaseUrl().optional(),
  /** The company's time zone, which decides what day it is. The workers need the same value. */
  COMPANY_TIME_ZONE: timeZone().default('UTC'),
  /** The key that draws prices (rule 7); without it, one is drawn and stored. The workers need the same value. */
  PRICE_KEY: z.string().optional(),
};

/** The ledger, prices, and payouts. The very first start opens the company's books. */
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

import type { IncomingMessage } from 'node:http';
import { seldom } from '@ates/kit/process/log';
import { databaseUrl, type Service, serviceSettings } from '@ates/kit/service';
import { isRole, type Role, scopesOfRole } from '@ates/schema/access';
import { readSdl } from '@ates/schema/sdl';
import DataLoader from 'dataloader';
import { z } from 'zod';
import type { Context } from './context.ts';
import { readCookie } from './cookie.ts';
import { answerEndpoints } from './endpoints.ts';
import { findSession, findUsers, purgeSessions } from './repository.ts';
import { resolvers } from './resolvers.ts';
import { firstAdminSettings } from './settings.ts';
import type { AuthTables } from './tables.ts';
import { rotateSigningKeys } from './usecases/rotateSigningKeys.ts';
import { type Seed, seedCompany } from './usecases/seedCompany.ts';
import { verifierOf } from './verifier.ts';

const settings = {
  ...serviceSettings,
  /** Its database, with the application's role. */
  AUTH_DATABASE_URL: databaseUrl(),
  ...firstAdminSettings,
  /** How a company without users begins: `demo` (log-ins that are public) or `none` (one admin). */
  SEED: z.enum(['demo', 'none'], 'must be demo or none').default('none'),
};

/** How often the service looks for a key that is due for rotation, in milliseconds. */
const housekeepingIntervalMs = 3_600_000;

/** Users, their roles and sessions: the graph, `/.well-known/jwks.json` and, for the gateway, `/introspect`. */
export const auth: Service<AuthTables, typeof settings, Role, Context> = {
  name: 'auth',
  settings,
  sdl: readSdl('auth'),
  resolvers,
  roles: { isRole, scopesOfRole },
  readyTable: 'signing_key',
  findUsers,
  async open({ settings, database, skew, gatewaySecrets, log }) {
    const { db, clock } = database;
    if (!skew.outOfStep) await rotateSigningKeys(database);
    // The endpoints are asked often, but the log should report a failure only now and then.
    const reportFailure = seldom((path: string, error: unknown) =>
      log.error({ err: error }, `${path} cannot be answered: ${(error as Error).message}`),
    );
    const verifyToken = verifierOf(database, skew);
    return {
      verifyToken,
      async isInSession({ sessionId }) {
        const session = await findSession(db, sessionId);
        return session !== undefined && !session.ended;
      },
      context: (request, response) => ({
        clientAddress: String(request.headers['x-client-address'] ?? 'unknown'),
        // Auth has no subscriptions: each request has a response.
        cookie: readCookie(request as IncomingMessage, response!),
        justSignedIn: new Set(),
        usersById: new DataLoader(async (ids) => {
          const users = new Map((await findUsers(db, ids)).map((user) => [user.id, user]));
          return ids.map((id) => users.get(id.toLowerCase()) ?? null);
        }),
      }),
      endpoints: (request, response) =>
        answerEndpoints(request, response, { database, skew, verifyToken, gatewaySecrets, reportFailure }),
      loops: [
        {
          what: 'rotating signing keys and forgetting old sessions',
          intervalMs: housekeepingIntervalMs,
          async run() {
            await rotateSigningKeys(database);
            await purgeSessions(db, clock.now());
          },
        },
      ],
      async begin() {
        // This comes last: a random beak shape is shown once, so nothing may fail between making and showing it.
        const { SEED, ADMIN_LOGIN: login, ADMIN_BEAK_SHAPE: beakShape } = settings;
        const seed: Seed = SEED === 'demo' ? { kind: 'demo' } : { kind: 'admin', login, beakShape };
        const seeded = await seedCompany(database, seed);
        for (const admin of SEED === 'demo' ? [] : (seeded ?? [])) {
          // Printed at every LOG_LEVEL, because it is the only way to log in.
          console.log(
            `the first admin is "${admin.login}"${beakShape ? '' : `, with the beak shape "${admin.beakShape}": it is shown only this once`}`,
          );
        }
        return { seeded };
      },
    };
  },
};

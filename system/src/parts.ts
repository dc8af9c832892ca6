import { join } from 'node:path';
import type { Environment } from '@ates/kit/process/settings';
import { pairSecret } from './secrets.ts';
import type { SystemSettings } from './settings.ts';
import { type DatabaseService, databaseServices } from './stores/provision.ts';
import type { Stores } from './stores.ts';

/** The processes of the system, in the order in which they are started. */
export const partNames = [...databaseServices, 'workers', 'gateway'] as const;
export type PartName = (typeof partNames)[number];

const isSource = import.meta.url.endsWith('.ts');
const moduleOf = (folder: string, name: string) =>
  new URL(`../../${folder}/${isSource ? 'src' : 'dist'}/${name}.${isSource ? 'ts' : 'js'}`, import.meta.url);

/** Returns the part's main module, and the modules that take long to load and do nothing by themselves. */
export function modulesOf(part: PartName): { main: URL; warmUp: URL[] } {
  if (part === 'gateway')
    return { main: moduleOf('gateway', 'main'), warmUp: [moduleOf('gateway', 'startGateway')] };
  if (part === 'workers')
    return { main: moduleOf('workers', 'main'), warmUp: [moduleOf('workers', 'startWorkers')] };
  const folder = `subgraphs/${part}`;
  return { main: moduleOf(folder, 'main'), warmUp: [moduleOf(folder, 'service')] };
}

/** The values that the parts' environments are made from. Each part gets only what it needs. */
export interface PartContext {
  readonly settings: SystemSettings;
  /** The environment that the system was given: the gateway's own settings are passed on from it. */
  readonly environment: Environment;
  /** The source of each `pairSecret`; no part gets it. */
  readonly internalSecret: string;
  readonly stores: Stores;
  readonly seed: 'demo' | 'none';
  /** The folder of the built app. The gateway serves it unless the operator has set another page for `/`. */
  readonly appDir: string | undefined;
  /** The URLs of the subgraphs that have been started so far. */
  readonly urls: ReadonlyMap<PartName, string>;
}

/** Returns the folder that mail is written to without an SMTP server. */
export const mailDirectory = (settings: SystemSettings) => join(settings.DATA_DIR, 'mail');

/** Returns a part's environment, without the variables that every process needs. */
export function environmentOf(part: PartName, context: PartContext): Record<string, string> {
  const { settings } = context;
  const given = { ...common(settings), ...own[part](context) };
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => !!entry[1]));
}

type Given = Record<string, string | undefined>;

const common = ({ LOG_LEVEL, LOG_FORMAT }: SystemSettings): Given => ({ LOG_LEVEL, LOG_FORMAT });

const databaseOf = (service: DatabaseService, { stores, settings }: PartContext): Given => {
  const listenUrl = `${service.toUpperCase() as Uppercase<DatabaseService>}_LISTEN_URL` as const;
  return {
    [`${service.toUpperCase()}_DATABASE_URL`]: stores.databases[service].url,
    [listenUrl]: settings[listenUrl],
    DATABASE_POOL_SIZE: settings.DATABASE_POOL_SIZE?.toString(),
  };
};

const authAt = ({ urls }: PartContext, path: string) => `${urls.get('auth')}${path}`;
const jwksOf = (context: PartContext) => authAt(context, '/.well-known/jwks.json');

const subgraph = (service: DatabaseService, context: PartContext): Given => ({
  ...databaseOf(service, context),
  ...redisOf(context),
  GATEWAY_SECRET: pairSecret(context.internalSecret, service),
  JWKS_URL: jwksOf(context),
});

const redisOf = ({ settings, stores: { queue } }: PartContext): Given =>
  queue.backend === 'redis'
    ? // A private Redis is no cluster.
      { REDIS_URL: queue.url, REDIS_CLUSTER: settings.REDIS_URL ? String(settings.REDIS_CLUSTER) : undefined }
    : {};

const own: Record<PartName, (context: PartContext) => Given> = {
  auth: (context) => ({
    ...databaseOf('auth', context),
    GATEWAY_SECRET: pairSecret(context.internalSecret, 'auth'),
    SEED: context.seed,
    ADMIN_LOGIN: context.settings.ADMIN_LOGIN,
    ADMIN_BEAK_SHAPE: context.settings.ADMIN_BEAK_SHAPE,
  }),
  tracker: (context) => subgraph('tracker', context),
  accounting: (context) => ({
    ...subgraph('accounting', context),
    COMPANY_TIME_ZONE: context.settings.COMPANY_TIME_ZONE,
    PRICE_KEY: context.settings.PRICE_KEY,
  }),
  analytics: (context) => ({
    ...subgraph('analytics', context),
    COMPANY_TIME_ZONE: context.settings.COMPANY_TIME_ZONE,
  }),
  workers: (context) => {
    const { settings, stores } = context;
    const { backend, url } = stores.queue;
    return {
      ...Object.assign({}, ...databaseServices.map((service) => databaseOf(service, context))),
      ...(backend === 'redis' ? redisOf(context) : { QUEUE_DATABASE_URL: url }),
      COMPANY_TIME_ZONE: settings.COMPANY_TIME_ZONE,
      PRICE_KEY: settings.PRICE_KEY,
      PREPARE: settings.PREPARE ? undefined : 'off',
      SMTP_URL: settings.SMTP_URL,
      MAIL_DIR: mailDirectory(settings),
      MAIL_FROM: settings.MAIL_FROM,
    };
  },
  gateway: (context) => ({
    APP_DIR: context.environment.LANDING_PAGE ? undefined : context.appDir,
    ...Object.fromEntries(
      gatewaySettings.flatMap((name) => {
        const value = context.environment[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    HOST: context.settings.HOST,
    PORT: String(context.settings.PORT),
    JWKS_URL: jwksOf(context),
    INTROSPECTION_SECRET: pairSecret(context.internalSecret, 'auth'),
    INTROSPECTION_URL: authAt(context, '/introspect'),
    ENDED_SESSIONS_URL: authAt(context, '/ended-sessions'),
    ...Object.fromEntries(
      databaseServices.flatMap((service) => {
        const url = context.urls.get(service);
        const name = service.toUpperCase();
        return [
          [`SUBGRAPH_URL_${name}`, url && `${url}/graphql`],
          [`SUBGRAPH_SECRET_${name}`, pairSecret(context.internalSecret, service)],
        ];
      }),
    ),
  }),
};

/** The gateway's settings that an operator of the whole system may set too. */
const gatewaySettings = [
  'SUPERGRAPH',
  'SUPERGRAPH_POLL_MS',
  'SUBGRAPH_TIMEOUT_MS',
  'SUBGRAPH_CONNECTIONS',
  'SHARE_QUERIES',
  'TRUSTED_PROXIES',
  'ALLOWED_ORIGINS',
  'MAX_TOKENS',
  'MAX_DEPTH',
  'MAX_ALIASES',
  'MAX_DIRECTIVES',
  'MAX_COST',
  'MAX_ANSWER_BYTES',
  'HEAVY_BYTES',
  'MAX_HEAVY',
  'MAX_HEAVY_PER_CALLER',
  'MAX_CONNECTIONS',
  'MAX_CONNECTIONS_PER_USER',
  'LANDING_PAGE',
  'APP_DIR',
];

import { fileURLToPath } from 'node:url';
import {
  type Environment,
  port,
  processSettings,
  readSettings,
  SettingError,
  secret,
  secretsBeginningWith,
  url,
} from '@ates/kit/process/settings';
import { z } from 'zod';

const whole = (least: number, most: number) => {
  const sentence = `must be a whole number from ${least} to ${most}`;
  return z.coerce.number(sentence).int(sentence).min(least, sentence).max(most, sentence);
};

const origins = () =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ''),
    )
    .refine(
      (list) => list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      'must be a comma-separated list of origins such as https://studio.apollographql.com',
    );

const shape = {
  ...processSettings,
  /** The public port; 0 is a free one. */
  PORT: port().default(4000),
  /** The supergraph file. It is read again whenever it changes. */
  SUPERGRAPH: z.string().default(fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))),
  /** How often the supergraph file is looked at, in milliseconds. */
  SUPERGRAPH_POLL_MS: whole(20, 60_000).default(500),
  /** In place of the secrets of subgraphs and of `INTROSPECTION_SECRET`: one for all that have none of their own. */
  INTERNAL_SECRET: secret().optional(),
  /** Where the keys that access tokens are verified with are published. Without it tokens just pass through. */
  JWKS_URL: url('http', 'https').optional(),
  /** Where the gateway asks whether a token is still active (RFC 7662). Without it a token lasts until it runs out. */
  INTROSPECTION_URL: url('http', 'https').optional(),
  /** What the gateway proves itself with at `INTROSPECTION_URL` and `ENDED_SESSIONS_URL`. */
  INTROSPECTION_SECRET: secret().optional(),
  /** Where the gateway asks every half second which sessions have ended. Without it sockets stay open until their tokens run out. */
  ENDED_SESSIONS_URL: url('http', 'https').optional(),
  /** How long one request to a subgraph may take, in milliseconds, its wait for a connection included. */
  SUBGRAPH_TIMEOUT_MS: whole(10, 600_000).default(10_000),
  /** How many connections are kept to each subgraph; 32 times as many requests may be under way or wait. */
  SUBGRAPH_CONNECTIONS: whole(1, 10_000).default(64),
  /** How many proxies in front of the gateway append to `X-Forwarded-For` truthfully. */
  TRUSTED_PROXIES: whole(0, 10).default(0),
  /** Which foreign origins browsers may call from, comma-separated. They never get cookies. */
  ALLOWED_ORIGINS: origins().default(['https://studio.apollographql.com']),
  /** The most tokens in an operation. */
  MAX_TOKENS: whole(50, 1_000_000).default(2_000),
  /** The deepest a selection may nest. */
  MAX_DEPTH: whole(1, 1_000).default(15),
  /** The most aliases in an operation. */
  MAX_ALIASES: whole(0, 10_000).default(50),
  /** The most directives in an operation. */
  MAX_DIRECTIVES: whole(0, 10_000).default(50),
  /** The most fields an operation's answer may hold, where every page that it asks for is full. */
  MAX_COST: whole(100, 1_000_000_000).default(200_000),
  /** The most bytes an operation's answer may have, each text as long as it can be; and again while it is written. */
  MAX_ANSWER_BYTES: whole(10_000, 256 * 1024 * 1024).default(16_000_000),
  /** An operation is heavy where its answer may have more bytes than this. */
  HEAVY_BYTES: whole(1_000, 256 * 1024 * 1024).default(1_600_000),
  /** The most heavy operations that are under way at once … */
  MAX_HEAVY: whole(1, 1_000).default(4),
  /** … and the most of them that are one caller's. */
  MAX_HEAVY_PER_CALLER: whole(1, 1_000).default(2),
  /** The most WebSockets and streams that are open at once. */
  MAX_CONNECTIONS: whole(1, 1_000_000).default(10_000),
  /** The most of them that one user has. */
  MAX_CONNECTIONS_PER_USER: whole(1, 1_000_000).default(50),
  /** An HTML file shown at `/` in place of the general page. */
  LANDING_PAGE: z.string().optional(),
  /** A directory with a built web app, served at `/`; whatever path is nobody else's is the app's own. */
  APP_DIR: z.string().optional(),
};

export type GatewaySettings = z.infer<z.ZodObject<typeof shape>> & {
  /** The `SUBGRAPH_URL_<NAME>` settings, by their full names. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
  /** The `SUBGRAPH_SECRET_<NAME>` settings, by their full names. */
  readonly subgraphSecrets: ReadonlyMap<string, string>;
  /** Where `INTROSPECTION_URL` and `ENDED_SESSIONS_URL` lead, with what the gateway proves itself with there. */
  readonly introspection: Endpoint | undefined;
  readonly endedSessions: Endpoint | undefined;
};

/** A place that knows the gateway by a secret, which is sent there as `x-internal-secret`. */
export interface Endpoint {
  readonly url: string;
  readonly secret: string;
}

/**
 * Reads the gateway's settings; `SUBGRAPH_URL_<NAME>` says where the supergraph's `http://<name>.subgraph` is, and
 * `SUBGRAPH_SECRET_<NAME>` what the gateway proves itself with there.
 */
export function readGatewaySettings(environment: Environment): GatewaySettings {
  const settings = readSettings(shape, environment);
  if (settings.ENDED_SESSIONS_URL && !settings.JWKS_URL) {
    throw new SettingError(
      'JWKS_URL is not set: ENDED_SESSIONS_URL is, and only tokens that were verified tell their sessions.',
    );
  }
  if (settings.INTROSPECTION_URL && !settings.JWKS_URL) {
    throw new SettingError(
      'JWKS_URL is not set: INTROSPECTION_URL is, and only tokens that were verified are asked about.',
    );
  }
  if (settings.APP_DIR && settings.LANDING_PAGE)
    throw new SettingError('LANDING_PAGE and APP_DIR are both set: there can only be one of them at /.');
  const readAll = (names: readonly string[], setting: z.ZodType<string>) =>
    new Map(
      names.flatMap((name) => {
        const read = readSettings({ [name]: setting.optional() }, environment)[name];
        return read === undefined ? [] : [[name, read] as const];
      }),
    );
  const urls = Object.keys(environment).filter((name) => name.startsWith('SUBGRAPH_URL_'));
  return {
    ...settings,
    subgraphUrls: readAll(urls, url('http', 'https')),
    subgraphSecrets: readAll(secretsBeginningWith('SUBGRAPH_SECRET_', environment), secret()),
    introspection: sessionsEndpoint('INTROSPECTION_URL', settings),
    endedSessions: sessionsEndpoint('ENDED_SESSIONS_URL', settings),
  };
}

function sessionsEndpoint(
  name: 'INTROSPECTION_URL' | 'ENDED_SESSIONS_URL',
  settings: z.infer<z.ZodObject<typeof shape>>,
): Endpoint | undefined {
  const url = settings[name];
  if (url === undefined) return undefined;
  const secret = settings.INTROSPECTION_SECRET ?? settings.INTERNAL_SECRET;
  if (secret === undefined) {
    throw new SettingError(
      `INTROSPECTION_SECRET is not set: ${name} is, and is answered to those who know a secret.`,
    );
  }
  return { url, secret };
}

/** The setting that says where a subgraph is, or what the gateway proves itself with there. */
const subgraphSetting = (what: 'URL' | 'SECRET', subgraph: string) =>
  `SUBGRAPH_${what}_${subgraph.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

/**
 * Where a subgraph is reached. A routing URL whose host ends in `.subgraph` is a placeholder that the deployment
 * fills; any other is used as it is, unless a setting says otherwise.
 * @throws SettingError naming the setting that is missing.
 */
export function locateSubgraph(
  subgraph: { name: string; url?: string },
  urls: ReadonlyMap<string, string>,
): string {
  const name = subgraphSetting('URL', subgraph.name);
  const given = urls.get(name);
  if (given !== undefined) return given;
  if (subgraph.url && URL.canParse(subgraph.url) && !new URL(subgraph.url).hostname.endsWith('.subgraph')) {
    return subgraph.url;
  }
  throw new SettingError(
    `${name} is not set: the supergraph has a subgraph "${subgraph.name}" and leaves open where it is; give its URL, such as http://127.0.0.1:4001/graphql.`,
  );
}

/**
 * What the gateway proves itself with to a subgraph: a secret that those two alone have, so that no subgraph can pass
 * for the gateway with another; or the one secret for all.
 * @throws SettingError naming the setting that is missing.
 */
export function secretOfSubgraph(subgraph: string, settings: GatewaySettings): string {
  const name = subgraphSetting('SECRET', subgraph);
  const secret = settings.subgraphSecrets.get(name) ?? settings.INTERNAL_SECRET;
  if (secret !== undefined) return secret;
  throw new SettingError(
    `${name} is not set: the gateway needs a secret of at least 16 characters that subgraph "${subgraph}" knows it by.`,
  );
}

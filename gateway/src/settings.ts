import { fileURLToPath } from 'node:url';
import {
  type Environment,
  flag,
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
  /** The public port; 0 takes a free one. */
  PORT: port().default(4000),
  /** The supergraph file. It is read again whenever it changes. */
  SUPERGRAPH: z.string().default(fileURLToPath(new URL('../../schema/supergraph.graphql', import.meta.url))),
  /** How often the supergraph file is checked for changes, in milliseconds. */
  SUPERGRAPH_POLL_MS: whole(20, 60_000).default(500),
  /** One secret in place of `INTROSPECTION_SECRET` and of each `SUBGRAPH_SECRET_<NAME>` that is not set. */
  INTERNAL_SECRET: secret().optional(),
  /** Where the keys that verify access tokens are published. Without it, tokens pass through unverified. */
  JWKS_URL: url('http', 'https').optional(),
  /** Where the gateway asks whether a token is active (RFC 7662). Without it, a token is valid until it expires. */
  INTROSPECTION_URL: url('http', 'https').optional(),
  /** The secret by which `INTROSPECTION_URL` and `ENDED_SESSIONS_URL` know the gateway. */
  INTROSPECTION_SECRET: secret().optional(),
  /** Where the gateway asks every 500 ms for ended sessions. Without it, sockets stay open until tokens expire. */
  ENDED_SESSIONS_URL: url('http', 'https').optional(),
  /** How long one request to a subgraph may take, in milliseconds, including its wait for a connection. */
  SUBGRAPH_TIMEOUT_MS: whole(10, 600_000).default(10_000),
  /** How many connections are kept to each subgraph. For each of them, 32 requests may be under way or wait. */
  SUBGRAPH_CONNECTIONS: whole(1, 10_000).default(64),
  /** Whether equal queries of equal callers that are under way at once share what subgraphs answer. */
  SHARE_QUERIES: flag().default(false),
  /** How many proxies in front of the gateway are trusted to append to `X-Forwarded-For`. */
  TRUSTED_PROXIES: whole(0, 10).default(0),
  /** The foreign origins that browsers may call from, comma-separated. They never get cookies. */
  ALLOWED_ORIGINS: origins().default(['https://studio.apollographql.com']),
  /** The most tokens in an operation. */
  MAX_TOKENS: whole(50, 1_000_000).default(2_000),
  /** The deepest nesting of a selection. */
  MAX_DEPTH: whole(1, 1_000).default(15),
  /** The most aliases in an operation. */
  MAX_ALIASES: whole(0, 10_000).default(50),
  /** The most directives in an operation. */
  MAX_DIRECTIVES: whole(0, 10_000).default(50),
  /** The most fields in an operation's answer, counted as if every page that it asks for were full. */
  MAX_COST: whole(100, 1_000_000_000).default(200_000),
  /** The most bytes in an operation's answer: estimated with each text at its longest, and counted when written. */
  MAX_ANSWER_BYTES: whole(10_000, 256 * 1024 * 1024).default(16_000_000),
  /** An operation is heavy if its answer may have more bytes than this. */
  HEAVY_BYTES: whole(1_000, 256 * 1024 * 1024).default(1_600_000),
  /** The most heavy operations that are under way at once. */
  MAX_HEAVY: whole(1, 1_000).default(4),
  /** The most heavy operations of one caller that are under way at once. */
  MAX_HEAVY_PER_CALLER: whole(1, 1_000).default(2),
  /** The most WebSockets and streams that are open at once. */
  MAX_CONNECTIONS: whole(1, 1_000_000).default(10_000),
  /** The most WebSockets and streams that one user has open at once. */
  MAX_CONNECTIONS_PER_USER: whole(1, 1_000_000).default(50),
  /** An HTML file shown at `/` in place of the general page. */
  LANDING_PAGE: z.string().optional(),
  /** A directory with a built web app, served at `/` and at every path that the gateway does not use itself. */
  APP_DIR: z.string().optional(),
};

export type GatewaySettings = z.infer<z.ZodObject<typeof shape>> & {
  /** The `SUBGRAPH_URL_<NAME>` settings, by their full names. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
  /** The `SUBGRAPH_SECRET_<NAME>` settings, by their full names. */
  readonly subgraphSecrets: ReadonlyMap<string, string>;
  /** `INTROSPECTION_URL` and `ENDED_SESSIONS_URL`, with the secret by which they know the gateway. */
  readonly introspection: Endpoint | undefined;
  readonly endedSessions: Endpoint | undefined;
};

/** A URL, and the secret that the gateway sends there as `x-internal-secret`. */
export interface Endpoint {
  readonly url: string;
  readonly secret: string;
}

/**
 * Reads the gateway's settings. `SUBGRAPH_URL_<NAME>` is the URL of the supergraph's `http://<name>.subgraph`, and
 * `SUBGRAPH_SECRET_<NAME>` the secret by which that subgraph knows the gateway.
 */
export function readGatewaySettings(environment: Environment): GatewaySettings {
  const settings = readSettings(shape, environment);
  if (settings.ENDED_SESSIONS_URL && !settings.JWKS_URL) {
    throw new SettingError(
      'JWKS_URL is not set: ENDED_SESSIONS_URL is, and only verified tokens name their session. Set both.',
    );
  }
  if (settings.INTROSPECTION_URL && !settings.JWKS_URL) {
    throw new SettingError(
      'JWKS_URL is not set: INTROSPECTION_URL is, and the gateway asks only about verified tokens. Set both.',
    );
  }
  if (settings.APP_DIR && settings.LANDING_PAGE)
    throw new SettingError('LANDING_PAGE and APP_DIR are both set, but only one can be at /. Set one.');
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
      `INTROSPECTION_SECRET is not set: ${name} is, and answers only callers that send a secret.`,
    );
  }
  return { url, secret };
}

/** The name of the setting for a subgraph's URL, or for the secret by which the subgraph knows the gateway. */
const subgraphSetting = (what: 'URL' | 'SECRET', subgraph: string) =>
  `SUBGRAPH_${what}_${subgraph.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

/**
 * Returns a subgraph's URL: from the setting, or else the routing URL in the supergraph. A routing URL whose host
 * ends in `.subgraph` is a placeholder and needs the setting.
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
    `${name} is not set: the supergraph has a subgraph "${subgraph.name}" but no URL for it. Give its URL, such as http://127.0.0.1:4001/graphql.`,
  );
}

/**
 * Returns the secret by which a subgraph knows the gateway. No other subgraph has this secret, so none can pass for
 * the gateway at another. Without it, returns the one secret for all.
 * @throws SettingError naming the setting that is missing.
 */
export function secretOfSubgraph(subgraph: string, settings: GatewaySettings): string {
  const name = subgraphSetting('SECRET', subgraph);
  const secret = settings.subgraphSecrets.get(name) ?? settings.INTERNAL_SECRET;
  if (secret !== undefined) return secret;
  throw new SettingError(
    `${name} is not set: give the secret of at least 16 characters by which subgraph "${subgraph}" knows the gateway.`,
  );
}

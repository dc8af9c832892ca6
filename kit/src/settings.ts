import { z } from 'zod';

/** A setting that stops the start: its message is one sentence that names the setting. */
export class SettingError extends Error {
  override name = 'SettingError';
}

/** The environment settings are read from; `process.env` outside of tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and validates settings once, at start. An empty variable counts as unset.
 * @throws SettingError naming the first wrong setting, what it must be and what it was.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Environment,
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.keys(shape).map((name) => [name, environment[name]?.trim() || undefined]),
  );
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0]);
  const value = given[name];
  throw new SettingError(
    value === undefined
      ? `${name} is not set: ${issue?.message}.`
      : `${name} ${issue?.message}; it is "${redact(name, value)}".`,
  );
}

/** What may be shown of a value. Of a URL the scheme alone: in one that is malformed, a password may stand anywhere. */
function redact(name: string, value: string): string {
  if (/SECRET|KEY|SHAPE/.test(name)) return '…';
  if (/URL/.test(name)) return `${/^[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.[0] ?? ''}…`;
  return value;
}

/** A TCP port; 0 means a free one. */
export const port = () =>
  z.coerce
    .number('must be a whole number from 0 to 65535')
    .int('must be a whole number from 0 to 65535')
    .min(0, 'must be a whole number from 0 to 65535')
    .max(65535, 'must be a whole number from 0 to 65535');

/** A URL with one of the given schemes, such as `postgres`. */
export const url = (...schemes: string[]) =>
  z.string(`must be a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`).refine(
    (text) => {
      try {
        return schemes.includes(new URL(text).protocol.slice(0, -1));
      } catch {
        return false;
      }
    },
    `must be a URL that starts with ${schemes.map((s) => `${s}://`).join(' or ')}`,
  );

/** An IANA time zone that this Node knows, such as `Europe/Berlin`. */
export const timeZone = () =>
  z.string().refine((name) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
    } catch {
      return false;
    }
  }, 'must be an IANA time zone such as Europe/Berlin');

/** The most connections of a pool: from 2 to 1,000. */
export const poolSize = () => {
  const sentence = 'must be a whole number from 2 to 1000';
  return z.coerce.number(sentence).int(sentence).min(2, sentence).max(1_000, sentence);
};

/** `true` or `false`. */
export const flag = () =>
  z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

/** `on` or `off`. */
export const onOff = () => z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on');

/** How much is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`. */
export const logLevel = () =>
  z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be one of fatal, error, warn, info, debug, trace, silent',
    )
    .default('info');

/** A secret of at least 16 characters. */
export const secret = () =>
  z.string('a secret of at least 16 characters is needed').min(16, 'must have at least 16 characters');

/** Settings of every subgraph. */
export const subgraphSettings = {
  /** The most bytes of an answer to the gateway: beyond any that it would pass on. */
  MAX_ANSWER_BYTES: z.coerce
    .number('must be a whole number of at least 10000')
    .int('must be a whole number of at least 10000')
    .min(10_000, 'must be a whole number of at least 10000')
    .default(32_000_000),
};

/** Settings that every process has. */
export const processSettings = {
  /** How much is logged. */
  LOG_LEVEL: logLevel(),
  /** The port for `/health/live`, `/health/ready` and `/metrics`; 0, the default, is a free one. */
  INTERNAL_PORT: port().default(0),
  /** The address servers bind to. */
  HOST: z.string().default('127.0.0.1'),
};

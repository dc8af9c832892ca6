import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** A setting that stops the start: its message is one sentence that names the setting. */
export class SettingError extends Error {
  override name = 'SettingError';
}

/** The environment settings are read from; `process.env` outside of tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and validates settings once, at start. An empty variable counts as unset. A secret `NAME` may be in a file
 * instead, whose path is `NAME_FILE`: so it stands in no process table and in no description of a container.
 * @throws SettingError naming the first wrong setting, what it must be and what it was.
 */
export function readSettings<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Environment,
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.keys(shape).map((name) => [name, readValue(name, environment)]));
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

/** How the names of settings tell which hold secrets; a URL may hold a password. No sentence shows what these match. */
const secretNames = { whole: /SECRET|KEY|SHAPE/, url: /URL/ };

/**
 * Whether a setting may be given as a file: the secrets and the URLs, but for those of subgraphs
 * (`SUBGRAPH_URL_<NAME>`), which hold no password and whose names may themselves end in FILE.
 */
const mayBeFile = (name: string) => secretNames.whole.test(name) || name.endsWith('URL');

/** What may be shown of a value. Of a URL the scheme alone: in one that is malformed, a password may stand anywhere. */
function redact(name: string, value: string): string {
  if (secretNames.whole.test(name)) return '…';
  if (secretNames.url.test(name)) return `${/^[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.[0] ?? ''}…`;
  return value;
}

/** The value of a setting, from its variable or from the file that `NAME_FILE` names; undefined where neither is set. */
function readValue(name: string, environment: Environment): string | undefined {
  const value = environment[name]?.trim() || undefined;
  const fileSetting = `${name}_FILE`;
  const file = mayBeFile(name) ? environment[fileSetting]?.trim() : undefined;
  if (!file) return value;
  if (value !== undefined)
    throw new SettingError(`${name} and ${fileSetting} are both set: set one of them.`);
  // npm runs scripts in the project's folder; the path was written for where npm was called.
  const path = resolve(environment.INIT_CWD || process.cwd(), file);
  let content: string;
  try {
    content = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SettingError(
      `${fileSetting} names ${path}, which cannot be read: ${(error as Error).message}.`,
    );
  }
  if (content === '') throw new SettingError(`${fileSetting} names ${path}, which is empty.`);
  return content;
}

/**
 * The names of the secrets that begin alike and end with what the deployment calls something, such as
 * `SUBGRAPH_SECRET_<NAME>`: each once, whether its variable is set or that of its file.
 */
export const secretsBeginningWith = (prefix: string, environment: Environment): readonly string[] => [
  ...new Set(
    Object.keys(environment)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.replace(/_FILE$/, '')),
  ),
];

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

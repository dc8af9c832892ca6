import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** A wrong setting, which stops the start. Its message is one sentence that names the setting. */
export class SettingError extends Error {
  override name = 'SettingError';
}

/** What settings are read from: `process.env` outside of tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and validates settings, once, at start. An empty variable counts as unset. A secret `NAME` can be in a file instead,
 * whose path is in `NAME_FILE`; then it is visible neither in a process list nor in a container's description.
 * @throws SettingError that names the first wrong setting, what it must be, and what it is.
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

/** Names of settings with secrets, and of URLs, which may hold a password. No message shows the values of these. */
const secretNames = { whole: /SECRET|KEY|SHAPE/, url: /URL/ };

/**
 * True for settings that can be in a file: secrets and URLs, but not `SUBGRAPH_URL_<NAME>`, which holds no password and
 * whose name may itself end in FILE.
 */
const mayBeFile = (name: string) => secretNames.whole.test(name) || name.endsWith('URL');

/** Returns what a message may show of a value. Of a URL only the scheme: in a malformed one, the password can be anywhere. */
function redact(name: string, value: string): string {
  if (secretNames.whole.test(name)) return '…';
  if (secretNames.url.test(name)) return `${/^[a-z][a-z0-9+.-]*:\/\//i.exec(value)?.[0] ?? ''}…`;
  return value;
}

/** Returns a setting's value, from its variable or its file; undefined where neither is set. */
function readValue(name: string, environment: Environment): string | undefined {
  const value = environment[name]?.trim() || undefined;
  const fileSetting = `${name}_FILE`;
  const file = mayBeFile(name) ? environment[fileSetting]?.trim() : undefined;
  if (!file) return value;
  if (value !== undefined)
    throw new SettingError(`${name} and ${fileSetting} are both set: set one of them.`);
  // npm runs scripts in the project's folder; a relative path is meant from where npm was called.
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
 * Returns the names of all secrets with a prefix, such as `SUBGRAPH_SECRET_` for `SUBGRAPH_SECRET_<NAME>`, each once,
 * whether it is set itself or by its file.
 */
export const secretsBeginningWith = (prefix: string, environment: Environment): readonly string[] => [
  ...new Set(
    Object.keys(environment)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.replace(/_FILE$/, '')),
  ),
];

/** A whole number within bounds, both included. */
const wholeNumber = (min: number, max: number) => {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(sentence).int(sentence).min(min, sentence).max(max, sentence);
};

/** A TCP port; 0 for a free one. */
export const port = () => wholeNumber(0, 65_535);

/** The most connections of a pool: from 2 to 1,000. */
export const poolSize = () => wholeNumber(2, 1_000);

/** A URL with one of the given schemes, such as `postgres`. */
export const url = (...schemes: string[]) => {
  const sentence = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  const isOne = (text: string) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1));
  return z.string(sentence).refine(isOne, sentence);
};

/** An IANA time zone that this Node knows, such as `Europe/Berlin`. */
export const timeZone = () =>
  z.string().refine((name) => {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
    } catch {
      return false;
    }
  }, 'must be an IANA time zone such as Europe/Berlin');

/** `true` or `false`. */
export const flag = () =>
  z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

/** `on` or `off`. */
export const onOff = () => z.enum(['on', 'off'], 'must be on or off').transform((text) => text === 'on');

/** The lowest level that is logged, or `silent`. */
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
  /** The most bytes of an answer to the gateway; its own bound is lower. */
  MAX_ANSWER_BYTES: wholeNumber(10_000, 1_000_000_000).default(32_000_000),
};

/** Settings that every process has. */
export const processSettings = {
  LOG_LEVEL: logLevel(),
  /** The port for `/health/live`, `/health/ready` and `/metrics`; 0, the default, is a free one. */
  INTERNAL_PORT: port().default(0),
  /** The address servers bind to. */
  HOST: z.string().default('127.0.0.1'),
};

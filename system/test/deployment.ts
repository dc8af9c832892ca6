import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** A service of `docker-compose.yml`, with the keys that tests read. */
export interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly profiles: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly read_only?: boolean;
  readonly build?: string;
}

/** The variables of an `.env` file. */
const variablesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));

/** The services of `docker-compose.yml` with the settings of `.env.example`. */
export function readCompose(variables = variablesOf(read('.env.example'))): Record<string, ComposeService> {
  const text = read('docker-compose.yml').replace(
    /\$\{(\w+)(?::(-|\?)([^}]*))?\}/g,
    (_, name: string, kind: string | undefined, given: string) => {
      const value = variables[name] || (kind === '-' ? given : undefined);
      if (value === undefined) throw new Error(`${name} is not set: ${given}`);
      return value;
    },
  );
  return parse(text, { merge: true }).services;
}

/** Reads what the Dockerfile's last stage sets for every process, and the commands that the Dockerfile runs. */
export function readDockerfile() {
  const text = read('Dockerfile').replace(/\\\n/g, ' ');
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const environment = Object.fromEntries(
    [...(/^ENV (.*)$/m.exec(last)?.[1] ?? '').matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(
      ([, name, quoted, bare]) => [name!, quoted ?? bare!],
    ),
  );
  return {
    environment,
    user: /^USER (.*)$/m.exec(last)?.[1],
    healthCheck: JSON.parse(/^HEALTHCHECK .* CMD (.*)$/m.exec(last)?.[1] ?? 'null') as string[],
    command: JSON.parse(/^CMD (.*)$/m.exec(last)?.[1] ?? 'null') as string[],
    /** Its commands, without the options of `RUN`. */
    runs: [...text.matchAll(/^RUN (?:--\S+ )*(.*)$/gm)].map(([, command]) => command),
  };
}

/** The statements of `image/databases.sql`, with the passwords that psql would take from its environment. */
export function databaseStatements(environment: Readonly<Record<string, string>>): string[] {
  const variables = new Map<string, string>();
  const text = read('image/databases.sql').replace(/^--.*\n/gm, '');
  const statements = text.replace(/^\\getenv (\w+) (\w+)\n/gm, (_, variable: string, name: string) => {
    variables.set(variable, environment[name] ?? '');
    return '';
  });
  return statements
    .replace(/:'(\w+)'/g, (_, variable: string) => `'${variables.get(variable)}'`)
    .split(/;\s*/)
    .filter((statement) => statement !== '');
}

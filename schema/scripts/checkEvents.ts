import { readdirSync, readFileSync } from 'node:fs';
import { committedStates, git } from './gitHistory.ts';

/** Where the published schemas are, from the repository's root. */
export const publishedFolder = 'schema/events/published';

/** One published state of the schema of an event version. */
export interface PublishedSchema {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

type Json = { readonly [key: string]: unknown };
const objectOf = (value: unknown) => (value ?? {}) as Json;
const listOf = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : []);
const text = (value: unknown) => JSON.stringify(value);

/** Keywords that refuse more with a greater value, and those that do with a lesser one. */
const lowerBounds = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'];
const upperBounds = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'];
const understood = [
  ...lowerBounds,
  ...upperBounds,
  'type',
  'enum',
  'anyOf',
  'properties',
  'required',
  'items',
  '$schema',
];

/**
 * Finds what keeps events written under `before` from being read under `after`: fields removed, renamed, added or of
 * another type, and everything that refuses more than before. An added field counts even where it is optional, since an
 * event has one column for each field. Refusing less is compatible, since workers are replaced before the services that
 * write.
 */
export function incompatibilities(before: unknown, after: unknown, at = 'fact'): string[] {
  const [old, now] = [objectOf(before), objectOf(after)];
  if (old.anyOf !== undefined || now.anyOf !== undefined) return choiceProblems(old, now, at);
  const problems: string[] = [];
  const say = (sentence: string) => problems.push(`${at}: ${sentence}`);
  if (text(old.type) !== text(now.type)) {
    if (!(old.type === 'integer' && now.type === 'number') && now.type !== undefined)
      return [`${at}: its type was ${text(old.type)} and is ${text(now.type)}`];
  }
  if (now.enum !== undefined) {
    if (old.enum === undefined) say(`only takes ${text(now.enum)} now`);
    const gone = listOf(old.enum).filter((value) => !listOf(now.enum).includes(value));
    if (gone.length > 0) say(`no longer takes ${gone.map(text).join(', ')}`);
  }
  for (const [keywords, sign] of [
    [lowerBounds, 1],
    [upperBounds, -1],
  ] as const) {
    for (const keyword of keywords) {
      const [was, is] = [old[keyword], now[keyword]] as [number | undefined, number | undefined];
      if (is !== undefined && (was === undefined || sign * (is - was) > 0))
        say(`${keyword} was ${was ?? 'not set'} and is ${is}`);
    }
  }
  // Of patterns, formats and others, it is unknown which refuses more: they may be removed, but not changed.
  for (const keyword of Object.keys(now).filter((each) => !understood.includes(each))) {
    if (text(old[keyword]) !== text(now[keyword]))
      say(`${keyword} was ${text(old[keyword]) ?? 'not set'} and is ${text(now[keyword])}`);
  }
  const [oldFields, newFields] = [objectOf(old.properties), objectOf(now.properties)];
  for (const [field, schema] of Object.entries(oldFields)) {
    if (newFields[field] === undefined) say(`the field ${field} is gone`);
    else problems.push(...incompatibilities(schema, newFields[field], `${at}.${field}`));
  }
  for (const field of Object.keys(newFields)) if (!(field in oldFields)) say(`the field ${field} is new`);
  for (const field of listOf(now.required)) {
    if (!listOf(old.required).includes(field) && (field as string) in oldFields)
      say(`${field} is required now`);
  }
  if (now.items !== undefined) problems.push(...incompatibilities(old.items, now.items, `${at}[]`));
  return problems;
}

/** Finds the former choices that none of the present ones takes. */
function choiceProblems(old: Json, now: Json, at: string): string[] {
  const choices = (schema: Json) => (schema.anyOf === undefined ? [schema] : listOf(schema.anyOf));
  return choices(old).flatMap((choice) => {
    const attempts = choices(now).map((each) => incompatibilities(choice, each, at));
    return attempts.some((problems) => problems.length === 0)
      ? []
      : [`${at}: what matched ${text(choice)} is no longer taken`];
  });
}

/**
 * Compares the published schemas with the present definitions. The consumers of an event may change; a fact may not.
 * @returns one sentence for each event version that has changed incompatibly or is gone.
 */
export function eventProblems(
  published: readonly PublishedSchema[],
  current: ReadonlyMap<string, string>,
): string[] {
  const sentences = published.map(({ path, text: before }) => {
    const name = path.slice(publishedFolder.length + 1, -'.json'.length);
    const after = current.get(path);
    if (after === undefined)
      return `${name} is published and no longer defined: keep it until no consumer reads it, and publish a new version beside it.`;
    const problems = incompatibilities(objectOf(JSON.parse(before)).fact, objectOf(JSON.parse(after)).fact);
    return problems.length === 0
      ? ''
      : `${name} is published and has changed incompatibly (${problems.join('; ')}): publish a new version beside it.`;
  });
  return [...new Set(sentences)].filter((sentence) => sentence !== '');
}

/**
 * Returns every committed state of each schema that is published now, so that a change is found even after its commit.
 * Without git, it returns the schemas on disk.
 */
export function publishedSchemas(root: URL): PublishedSchema[] {
  const lines = (output: string) => output.split('\n').filter((line) => line.endsWith('.json'));
  let committed: string[];
  try {
    committed = lines(git(root, 'ls-tree', '-r', '--name-only', 'HEAD', '--', publishedFolder));
  } catch {
    return readdirSync(new URL(`${publishedFolder}/`, root))
      .filter((file) => file.endsWith('.json'))
      .map((file) => `${publishedFolder}/${file}`)
      .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));
  }
  return committed.flatMap((path) => committedStates(root, path).map((text) => ({ path, text })));
}

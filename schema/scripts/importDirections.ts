import { posix } from 'node:path';

/** The text of each source file, by its path from the repository's root. */
export type Sources = ReadonlyMap<string, string>;

/** A place where a rule of the code's layers is broken. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly sentence: string;
}

interface Import {
  readonly from: string;
  /** The text between `import` and `from`; empty for `import('…')` and `import '…'`. */
  readonly names: string;
  readonly line: number;
}

const subgraphs = ['auth', 'tracker', 'accounting', 'analytics'];
// Import clauses contain no quotes and no semicolons; a pattern that allows them would take exponential time.
const importPattern =
  /^\s*(?:import|export)\s([^;'"=]*?)\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/gm;
const sqlPattern =
  /\bsql\s*(?:<[^;`]{0,300}>)?\s*`|\bsql\.\w+\(|\.(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\(/g;

/** Blanks comments out, so that code in them is not checked; lines keep their numbers. */
const withoutComments = (text: string) =>
  text.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));

const lineAt = (text: string, index: number) => text.slice(0, index).split('\n').length;

const importsOf = (text: string): Import[] =>
  [...text.matchAll(importPattern)].map((match) => ({
    from: match[2] ?? match[3]!,
    names: match[1] ?? '',
    line: lineAt(text, match.index + match[0].length),
  }));

/** True where an import has types only, so that nothing of it is left at run time. */
const isTypeOnly = ({ names }: Import) =>
  /^type\s/.test(names) ||
  (/^\{[^}]*\}\s*$/.test(names) &&
    names
      .replace(/[{}]/g, '')
      .split(',')
      .filter((name) => name.trim() !== '')
      .every((name) => /^\s*type\s/.test(name)));

/** Returns the package of a file, such as `kit` or `tracker`. */
const packageOf = (path: string) => /^(?:subgraphs\/)?(\w+)\//.exec(path)?.[1] ?? '';

/** Returns the package and the module of an import; null where it is not one of ours. */
function ownTarget(path: string, from: string): { name: string; module: string } | null {
  const own = /^@ates\/(\w+)\/(.*)$/.exec(from);
  if (own) return { name: own[1]!, module: own[2]! };
  if (!from.startsWith('.')) return null;
  const target = posix.normalize(posix.join(posix.dirname(path), from));
  return { name: packageOf(target), module: target };
}

const mayImport = {
  schema: () => false,
  kit: (name: string, module: string) => name === 'schema' && /^(event|errorCodes)$/.test(module),
  gateway: (name: string) => name === 'kit',
  subgraph: (name: string) => name === 'kit' || name === 'schema',
  workers: (name: string, module: string) =>
    name === 'kit' ||
    name === 'schema' ||
    (subgraphs.includes(name) && !/^(main|service|resolvers|context|loaders|generated\/.*)$/.test(module)),
};
const directions = {
  schema: 'schema imports nothing of ours',
  kit: 'kit imports schema/event, schema/errorCodes and nothing else of ours: it knows no business noun',
  gateway: 'the gateway imports kit and nothing else of ours',
  subgraph: 'a subgraph imports kit and schema, never another subgraph, the workers or the gateway',
  workers: "workers import kit, schema and the subgraphs' use cases, repositories, tables and domain",
};

/**
 * The rooms of a package, and which rooms each of them may use. A file beside the rooms is a room with the file's name.
 * A room that is not among the keys, such as `main`, may use all.
 */
const rooms: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  kit: {
    process: [],
    database: ['process'],
    graph: ['process'],
    events: ['process', 'database'],
    live: ['process', 'database'],
  },
  gateway: {
    settings: [],
    request: ['settings'],
    execute: [],
    supergraph: ['settings', 'request', 'execute'],
    guards: ['settings', 'request', 'supergraph'],
    live: ['settings', 'request', 'execute', 'supergraph', 'guards'],
    http: ['settings', 'request', 'supergraph', 'live'],
  },
};

/** Returns the room of a file or a module: its folder in `src`, or its own name where it is in no folder. */
const roomOf = (path: string) => /^(?:.*\/src\/)?(\w+)/.exec(path)?.[1] ?? '';

/** Returns why a file must not import a module of its own package; null where it may. */
function roomProblem(own: string, path: string, target: { name: string; module: string }): string | null {
  const from = roomOf(path);
  const to = roomOf(target.module);
  const allowed = rooms[own]?.[from];
  if (!allowed || from === to || allowed.includes(to)) return null;
  return `${own}'s room ${from} may use ${allowed.join(', ') || 'no other room'}.`;
}

/** True for an import that `domain/` may have: it reads and writes nothing outside of the process. */
function isPure({ from, names, ...rest }: Import, path: string): boolean {
  if (from.startsWith('.')) return posix.join(posix.dirname(path), from).includes('/domain/');
  if (from === '@ates/kit/process/clock') return isTypeOnly({ from, names, ...rest });
  if (from === 'jose' || from === '@ates/kit/graph/token') return !/\bcreate/.test(names);
  return /^(@ates\/kit\/(process\/calendar|process\/refusal|graph\/page)|@ates\/schema\/(access|event)|node:crypto|ipaddr\.js)$/.test(
    from,
  );
}

/** Finds every import that breaks the layers, and all SQL outside of its place. */
export function layerViolations(sources: Sources): Violation[] {
  const found: Violation[] = [];
  const edges = new Map<string, Map<string, { path: string; line: number }>>();
  for (const [path, original] of sources) {
    const text = withoutComments(original);
    const own = packageOf(path);
    const kind = path.startsWith('subgraphs/') ? 'subgraph' : own;
    const add = (line: number, sentence: string) => found.push({ path, line, sentence });
    for (const each of importsOf(text)) {
      const target = ownTarget(path, each.from);
      const misplaced = target && target.name === own ? roomProblem(own, path, target) : null;
      if (misplaced) add(each.line, `imports ${each.from}: ${misplaced}`);
      if (target && target.name !== own) {
        const allowed = mayImport[kind as keyof typeof mayImport] ?? (() => true);
        if (!allowed(target.name, target.module))
          add(each.line, `imports ${each.from}: ${directions[kind as keyof typeof directions]}.`);
        if (each.from.startsWith('.'))
          add(each.line, `imports ${each.from}: another package is imported by its name, @ates/….`);
        const to = edges.get(own) ?? new Map();
        if (!to.has(target.name)) to.set(target.name, { path, line: each.line });
        edges.set(own, to);
      }
      if (kind === 'subgraph' && path.includes('/domain/') && !isPure(each, path))
        add(each.line, `imports ${each.from}: domain/ holds pure functions and imports nothing with I/O.`);
      if (isSqlFree(path) && each.from === 'kysely' && !isTypeOnly(each))
        add(each.line, 'imports more than types of kysely: resolvers and job handlers hold no SQL.');
    }
    for (const match of text.matchAll(sqlPattern)) {
      const sentence = sqlProblem(path);
      if (sentence) add(lineAt(text, match.index), sentence);
    }
  }
  return [...found, ...cycleViolations(edges)];
}

const isSqlFree = (path: string) =>
  /^subgraphs\/\w+\/src\/resolvers(\.ts|\/)/.test(path) || path.startsWith('workers/src/');

function sqlProblem(path: string): string | null {
  if (isSqlFree(path)) return 'holds SQL: resolvers and job handlers leave it to a use case.';
  if (!path.startsWith('subgraphs/')) return null;
  if (/(epository|\/idempotency)\.ts$|\/migrations\//.test(path)) return null;
  return "holds SQL: a subgraph's SQL is in its repository and its migrations.";
}

function cycleViolations(edges: Map<string, Map<string, { path: string; line: number }>>): Violation[] {
  const found: Violation[] = [];
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    [...(edges.get(from)?.keys() ?? [])].some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, goal, seen);
    });
  for (const [from, targets] of edges)
    for (const [to, place] of targets)
      if (reaches(to, from))
        found.push({ ...place, sentence: `makes a circle: ${from} imports ${to}, which needs ${from}.` });
  return found;
}

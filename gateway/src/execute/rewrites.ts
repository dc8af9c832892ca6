import type { FetchDataRewrite } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import { isObject, type Json, ownValue, setOwn } from './own.ts';
import { isOfType } from './types.ts';

const onType = '... on ';

/**
 * Applies the planner's changes to a representation or to an answer, in place: a key that had to be renamed, or a
 * `__typename` that a subgraph knows by another name.
 */
export function rewrite(
  supergraph: GraphQLSchema,
  rewrites: readonly FetchDataRewrite[] | undefined,
  value: Json,
): void {
  for (const each of rewrites ?? []) {
    const key = each.path.at(-1);
    if (key === undefined) continue;
    walk(supergraph, value, each.path, 0, (object) => {
      if (each.kind === 'ValueSetter') setOwn(object, key, each.setValueTo);
      else {
        const moved = ownValue(object, key);
        if (moved === undefined) return;
        delete object[key];
        setOwn(object, each.renameKeyTo, moved);
      }
    });
  }
}

/** Calls `change` with each object that holds the last key of the path. */
function walk(
  supergraph: GraphQLSchema,
  value: unknown,
  path: readonly string[],
  depth: number,
  change: (object: Json) => void,
): void {
  if (Array.isArray(value)) {
    for (const element of value) walk(supergraph, element, path, depth, change);
    return;
  }
  if (!isObject(value)) return;
  if (depth === path.length - 1) {
    change(value);
    return;
  }
  const step = path[depth] as string;
  if (!step.startsWith(onType)) walk(supergraph, ownValue(value, step), path, depth + 1, change);
  // An object that does not say its type can only be of the one that was asked for.
  else if (value.__typename === undefined || isOfType(supergraph, value, step.slice(onType.length)))
    walk(supergraph, value, path, depth + 1, change);
}

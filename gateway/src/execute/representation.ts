import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import { oneByte, quoted } from './jsonString.ts';
import { addFields } from './merge.ts';
import { isInherited, isObject, type Json, ownValue, setOwn } from './own.ts';
import { rewrite } from './rewrites.ts';
import { isOfType } from './types.ts';

/**
 * Returns an entity as a subgraph wants to be asked for it, as JSON: its type, its key and the fields that
 * `@requires` names. Null for an entity of a type that is not asked for; undefined where it lacks a part of that.
 */
export type Represent = (entity: Json) => string | null | undefined;

export function representBy(
  supergraph: GraphQLSchema,
  requires: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[] | undefined,
): Represent {
  const flat = new Map<unknown, readonly FlatField[] | null>();
  return (entity) => {
    let fields = flat.get(entity.__typename);
    if (fields === undefined) {
      fields = rewrites?.length ? null : flatFields(supergraph, entity, requires);
      flat.set(entity.__typename, fields);
    }
    if (fields) return writeFlat(entity, fields);
    const representation = select(supergraph, entity, requires);
    if (representation?.__typename === undefined)
      return concerns(supergraph, entity, requires) ? undefined : null;
    rewrite(supergraph, rewrites, representation);
    return JSON.stringify(representation);
  };
}

/** True where an entity is of a type that the selections are for. */
const concerns = (
  supergraph: GraphQLSchema,
  entity: Json,
  selections: readonly QueryPlanSelectionNode[],
): boolean =>
  selections.some(
    (each) =>
      each.kind === 'Field' || (each.typeCondition && isOfType(supergraph, entity, each.typeCondition)),
  );

/** A field of a representation whose value is taken as it is. */
interface FlatField {
  readonly key: string;
  /** The key as JSON, with what stands before and after it. */
  readonly prefix: string;
}

/**
 * Returns the fields of a representation of this entity's type; null where one of them has fields of its own. Most
 * have none, and are written at once.
 */
function flatFields(
  supergraph: GraphQLSchema,
  entity: Json,
  selections: readonly QueryPlanSelectionNode[],
): readonly FlatField[] | null {
  const applying = selections.flatMap((each) => {
    if (each.kind === 'Field') return [[each]];
    const applies = each.typeCondition && isOfType(supergraph, entity, each.typeCondition);
    return applies ? [each.selections] : [];
  });
  // With several, each counts only where all of its fields are there.
  const [fields = [], ...others] = applying;
  const keys = new Set(fields.map((each) => (each.kind === 'Field' ? (each.alias ?? each.name) : '')));
  const areFlat = fields.every(
    (each) => each.kind === 'Field' && !each.selections && !isInherited(each.name),
  );
  if (others.length > 0 || !areFlat || !keys.has('__typename')) return null;
  return [...keys].map((key, index) => ({
    key,
    prefix: oneByte(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`),
  }));
}

function writeFlat(entity: Json, fields: readonly FlatField[]): string | undefined {
  let text = '';
  for (const { key, prefix } of fields) {
    const value = entity[key];
    if (value === undefined) return undefined;
    text += prefix + (typeof value === 'string' ? quoted(value) : JSON.stringify(value));
  }
  return `${text}}`;
}

/** Returns the selected fields of an object; null where one of them is missing. */
function select(
  supergraph: GraphQLSchema,
  source: Json,
  selections: readonly QueryPlanSelectionNode[],
): Json | null {
  const selected: Json = {};
  for (const selection of selections) {
    if (selection.kind === 'Field') {
      const key = selection.alias ?? selection.name;
      const value = ownValue(source, key);
      if (value === undefined) return null;
      setOwn(selected, key, selectIn(supergraph, value, selection.selections));
    } else if (selection.typeCondition && isOfType(supergraph, source, selection.typeCondition)) {
      const part = select(supergraph, source, selection.selections);
      if (part) addFields(selected, part);
    }
  }
  return selected;
}

function selectIn(
  supergraph: GraphQLSchema,
  value: unknown,
  selections: readonly QueryPlanSelectionNode[] | undefined,
): unknown {
  if (!selections) return value;
  if (Array.isArray(value)) return value.map((each) => selectIn(supergraph, each, selections));
  return isObject(value) ? select(supergraph, value, selections) : null;
}

import { isObject, type Json, ownValue } from './own.ts';

/** A path in a plan: the keys on the way to some objects; `@` stands for every element of a list. */
export type PlanPath = readonly string[];

/** What holds other values: an object or a list. */
export type Holder = Json | unknown[];

/** Called with an object, and with the key of its holder or the index in it. */
type Visit = (object: Json, holder: Holder, key: string | number) => void;

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

/** Visits the objects at a path, in the order of the data. An object that is part of several others is walked once. */
export function visitPlaces(data: Json, path: PlanPath, visit: Visit): void {
  let holders: Holder[] = [{ data }];
  let key = 'data';
  for (const next of path) {
    const reached = new Set<Holder>();
    for (const holder of holders) {
      if (key !== '@') {
        const value = Array.isArray(holder) ? undefined : ownValue(holder, key);
        if (isHolder(value)) reached.add(value);
      } else if (Array.isArray(holder)) {
        for (const value of holder) if (isHolder(value)) reached.add(value);
      }
    }
    holders = [...reached];
    key = next;
  }
  for (const holder of holders) {
    if (key !== '@') {
      const value = Array.isArray(holder) ? undefined : ownValue(holder, key);
      if (isObject(value)) visit(value, holder, key);
    } else if (Array.isArray(holder)) {
      for (let index = 0; index < holder.length; index++) {
        const value: unknown = holder[index];
        if (isObject(value)) visit(value, holder, index);
      }
    }
  }
}

/** Returns the paths in the answer at which each object stands, for the paths of errors. */
export function answerPathsOf(data: Json, path: PlanPath): Map<Json, (string | number)[][]> {
  const found = new Map<Json, (string | number)[][]>();
  const walk = (value: unknown, depth: number, before: (string | number)[]) => {
    const key = path[depth];
    if (key === undefined) {
      if (!isObject(value)) return;
      const paths = found.get(value);
      if (paths) paths.push(before);
      else found.set(value, [before]);
    } else if (key === '@') {
      if (Array.isArray(value))
        for (const [index, each] of value.entries()) walk(each, depth + 1, [...before, index]);
    } else if (isObject(value)) {
      walk(ownValue(value, key), depth + 1, [...before, key]);
    }
  };
  walk(data, 0, []);
  return found;
}

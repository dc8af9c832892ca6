import { isObject, type Json, ownValue, setOwn } from './own.ts';

/**
 * Adds the fields of an answer to an object. Objects that both have stay the object's own, with the fields of both: a
 * fetch that is under way may be about to complete them.
 */
export function addFields(target: Json, answer: Json): void {
  for (const key of Object.keys(answer)) {
    const value = answer[key];
    if (value === undefined) continue;
    const before = ownValue(target, key);
    if (!addWithin(before, value)) setOwn(target, key, value);
  }
}

/** Adds the fields of a value to another value. False where the two cannot be merged, so that the later one counts. */
function addWithin(before: unknown, after: unknown): boolean {
  if (isObject(before) && isObject(after)) {
    addFields(before, after);
    return true;
  }
  if (!Array.isArray(before) || !Array.isArray(after) || before.length !== after.length) return false;
  for (const [index, value] of after.entries()) if (!addWithin(before[index], value)) before[index] = value;
  return true;
}

/** Returns a copy that shares no object with the original. */
export function copy<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy) as Value;
  if (!isObject(value)) return value;
  const copied: Json = {};
  for (const key of Object.keys(value)) setOwn(copied, key, copy(value[key]));
  return copied as Value;
}

/** True where both have the same keys with the same values; objects within must be the very same. */
export function isAlike(one: Json, other: Json): boolean {
  // Loops, because lists of keys would be most of what a large answer allocates here.
  for (const key in one) if (ownValue(other, key) !== one[key]) return false;
  for (const key in other) if (!Object.hasOwn(one, key)) return false;
  return true;
}

/** An object in a subgraph's answer. */
export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keys that every object has without owning them: an alias may be `constructor` or `__proto__`. */
export const isInherited = (key: string): boolean => key in Object.prototype;

/** Returns the value of an object's own key. */
export const ownValue = (object: Json, key: string): unknown =>
  isInherited(key) && !Object.hasOwn(object, key) ? undefined : object[key];

/** Sets an object's own key; for `__proto__`, an assignment would change its prototype. */
export function setOwn(object: Json, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

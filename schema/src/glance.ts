import { z } from 'zod';

/** Whether a value is fine, seen without Zod: true only for what the schema takes, and as often as it can. */
export type Glance = (value: unknown) => boolean;

const glances = new WeakMap<z.ZodType, Glance>();

/**
 * Gives a schema a quicker way to take what it takes: a batch of a thousand facts is looked through five times on its
 * way, which took an eighth of the workers' time. Whatever a glance does not take is left to the schema, which decides,
 * and says why not.
 */
export function withGlance<Schema extends z.ZodType>(schema: Schema, glance: Glance): Schema {
  glances.set(schema, glance);
  return schema;
}

/** A schema's glance, its own or the one that follows from what it is made of; undefined where there is none. */
export function glanceOf(schema: z.ZodType): Glance | undefined {
  const own = glances.get(schema);
  if (own) return own;
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === 'boolean';
  if (schema instanceof z.ZodEnum) {
    const options = new Set<unknown>(schema.options);
    return (value) => options.has(value);
  }
  if (schema instanceof z.ZodNullable) {
    const inner = glanceOf(schema.unwrap() as z.ZodType);
    return inner && ((value) => value === null || inner(value));
  }
  return undefined;
}

import { z } from 'zod';

/** A quick check without Zod: true only for values that the schema takes, and for as many of them as possible. */
export type Glance = (value: unknown) => boolean;

const glances = new WeakMap<z.ZodType, Glance>();

/**
 * Gives a schema a quick check. A batch of a thousand facts is checked five times on its way, which took an eighth of
 * the workers' time. Where the glance is false, the schema decides, and says why.
 */
export function withGlance<Schema extends z.ZodType>(schema: Schema, glance: Glance): Schema {
  glances.set(schema, glance);
  return schema;
}

/** Returns a schema's glance, its own or one made of those of its parts; undefined where there is none. */
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

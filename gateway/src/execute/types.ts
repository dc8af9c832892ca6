import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';
import type { Json } from './own.ts';

/** True where an object says that it is of this type, or of one that belongs to it. */
export function isOfType(schema: GraphQLSchema, { __typename }: Json, name: string): boolean {
  if (__typename === name) return true;
  if (typeof __typename !== 'string') return false;
  const type = schema.getType(__typename);
  const wanted = schema.getType(name);
  return (
    isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type)
  );
}

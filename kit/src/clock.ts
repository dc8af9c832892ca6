import { randomInt } from 'node:crypto';
import { v7 } from 'uuid';

/** Where time comes from. SQL takes it as a parameter, so that a test can move it. */
export interface Clock {
  now(): Date;
}

/** Where chance comes from. */
export interface Random {
  /** A whole number, uniformly from 0 up to, and without, `bound`. */
  below(bound: number): number;
}

export const systemClock: Clock = { now: () => new Date() };

export const systemRandom: Random = { below: (bound) => randomInt(bound) };

/** A new id (UUIDv7): ids made later sort after earlier ones, which keeps index inserts at one end. */
export const newId = (): string => v7();

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID, so that it may be compared with an id column. */
export const isId = (text: string): boolean => uuidPattern.test(text);

import { hash, verify } from '@node-rs/argon2';

/** argon2id as OWASP advises: 19 MiB, two passes, parallelism 1. About 20 ms of one core. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashBeakShape = (shape: string): Promise<string> => hash(shape, options);

let nobodysHash: Promise<string> | undefined;

/**
 * True where a shape matches the hash. Without a hash it takes the same time and returns false, so that no caller
 * learns which logins exist (rule 1).
 */
export async function verifyBeakShape(beakHash: string | undefined, shape: string): Promise<boolean> {
  nobodysHash ??= hashBeakShape('the beak of nobody at all');
  const matches = await verify(beakHash ?? (await nobodysHash), shape);
  return beakHash !== undefined && matches;
}

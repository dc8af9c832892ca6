import { setTimeout as sleep } from 'node:timers/promises';

/** How long between two looks, in milliseconds. */
const pollIntervalMs = 250;

/**
 * Calls `look` repeatedly until the effect has happened or the time is over. The system works in the background, so
 * an effect is certain, but comes later.
 * @param look Returns null once the effect has happened; until then a clause that says how far it is.
 * @returns null, or a sentence where the time was not enough.
 */
export async function waitUntil(
  what: string,
  seconds: number,
  look: () => Promise<string | null>,
): Promise<string | null> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const soFar = await look();
    if (soFar === null) return null;
    if (Date.now() >= deadline) return `Waited ${seconds} s for ${what} in vain: ${soFar}.`;
    await sleep(pollIntervalMs);
  }
}

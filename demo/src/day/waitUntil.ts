import { setTimeout as sleep } from 'node:timers/promises';

/** How long between two looks, in milliseconds. */
const pollIntervalMs = 250;

/**
 * Looks again and again until there is nothing more to wait for. Work goes on in the background here, so effects come
 * when they come, but not never.
 * @param look Null once it has come about; till then a clause that says how far it is.
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

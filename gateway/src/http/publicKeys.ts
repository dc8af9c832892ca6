import { request } from 'undici';

/** Hands on the published keys. */
export interface PublicKeys {
  /** The key set as JSON. Rejects where it was never to be had. */
  read(): Promise<string>;
}

/** How long keys are handed out without asking for newer ones: a rotation shows within this time. */
export const keysLifeMs = 5_000;
const patienceMs = 3_000;

/** Keeps the key set at `url`; while it cannot be asked for, the last one known goes on serving. */
export function relayPublicKeys(url: string): PublicKeys {
  let known: string | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<string> | undefined;

  const ask = async () => {
    const { statusCode, body } = await request(url, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await body.text();
    if (statusCode !== 200 || !Array.isArray((JSON.parse(text) as { keys?: unknown }).keys)) {
      throw new Error(`${url} answered ${statusCode} with something that is not a key set`);
    }
    return text;
  };
  const refresh = async () => {
    try {
      known = await ask();
    } catch (error) {
      if (known === undefined) throw error;
    } finally {
      asking = undefined;
    }
    askedAt = performance.now();
    return known;
  };
  return {
    async read() {
      if (known !== undefined && performance.now() - askedAt < keysLifeMs) return known;
      asking ??= refresh();
      return await asking;
    },
  };
}

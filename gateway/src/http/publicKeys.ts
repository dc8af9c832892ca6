import { request } from 'undici';

/** The published keys, as the gateway serves them. */
export interface PublicKeys {
  /** Returns the key set as JSON. Rejects where it could never be fetched. */
  read(): Promise<string>;
}

/** How long keys are served before they are fetched again, in milliseconds. A rotation shows within this time. */
export const keysLifeMs = 5_000;
const patienceMs = 3_000;

/** Fetches and keeps the key set at `url`. While that fails, the last known key set is served. */
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

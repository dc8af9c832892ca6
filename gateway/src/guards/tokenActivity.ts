import { type Log, seldom } from '@ates/kit/process/log';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import type { Endpoint } from '../settings.ts';

/** Checks whether a token's session is still open. Where that is unknown, the token holds until it expires. */
export interface TokenActivity {
  isActive(token: string): Promise<boolean>;
  close(): Promise<void>;
}

/** How long an answer is reused, in milliseconds. With the request itself, an end is noticed within a second. */
const answerLifeMs = 800;
/** The longest that an operation waits for the answer, in milliseconds. */
const patienceMs = 500;
/** How many answers are kept. */
const maxAnswers = 10_000;

/** Asks a token introspection endpoint (RFC 7662), at most about once a second for each token. */
export function askTokenActivity({ url, secret }: Endpoint, log: Log): TokenActivity {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections: 16, connect: { timeout: patienceMs } });
  const warn = seldom((error: unknown) =>
    log.warn(
      { err: error },
      'cannot ask whether tokens are still active (INTROSPECTION_URL): for now, they hold until they expire',
    ),
  );
  const answers = new LRUCache<string, Promise<boolean>>({
    max: maxAnswers,
    ttl: answerLifeMs,
    ttlResolution: 0,
  });

  const ask = async (token: string): Promise<boolean> => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), patienceMs);
    try {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: pathname + search,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          'x-internal-secret': secret,
        },
        body: new URLSearchParams({ token }).toString(),
        signal: deadline.signal,
      });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`the answer has the status ${statusCode}`);
      const active = (JSON.parse(answer) as { active?: unknown } | null)?.active;
      if (typeof active !== 'boolean') throw new Error('the answer does not say whether the token is active');
      return active;
    } catch (error) {
      if (!pool.destroyed) warn(error);
      return true;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    isActive(token) {
      // Keeps the promise, so that requests that come together ask once.
      let active = answers.get(token);
      if (!active) {
        active = ask(token);
        answers.set(token, active);
      }
      return active;
    },
    close: () => pool.destroy(),
  };
}

import type { AuthenticationProblem, TokenClaims } from '@ates/kit/graph/token';
import { type Log, seldom } from '@ates/kit/process/log';
import { Pool } from 'undici';
import type { Endpoint } from '../settings.ts';

/** Reports to long-lived connections when their caller may no longer be served. */
export interface Sessions {
  /** Calls back once, when the token expires or its session ends. Returns the function that stops watching. */
  watch(claims: TokenClaims | undefined, onEnd: (why: AuthenticationProblem) => void): () => void;
  close(): Promise<void>;
}

/** How often the gateway asks for ended sessions, in milliseconds: it notices an end within a second. */
const askEveryMs = 500;
/** How far back each question reaches, in milliseconds: an end may become visible only some time after it. */
const overlapMs = 10_000;
/** The longest that one question may take, in milliseconds. */
const patienceMs = 3_000;
/** The longest delay of a timer in Node, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

function pathOf(target: URL, since: string | undefined): string {
  const url = new URL(target);
  if (since !== undefined) url.searchParams.set('since', since);
  return `${url.pathname}${url.search}`;
}

/**
 * Watches tokens and, where there is an `endpoint`, sessions. The endpoint answers `GET url?since=<ISO 8601>` with the
 * sessions that have ended since then: `{"now": "…", "sessions": ["<sid>", …]}`. The first question has no `since`, so
 * the endpoint chooses it. The gateway asks only while it watches a connection.
 */
export function watchSessions(options: {
  endpoint: Endpoint | undefined;
  now: () => Date;
  log: Log;
}): Sessions {
  const { endpoint, now, log } = options;
  const watched = new Map<string, Set<(why: AuthenticationProblem) => void>>();
  const warn = seldom((error: unknown) =>
    log.warn(
      { err: error },
      'cannot ask which sessions have ended (ENDED_SESSIONS_URL): for now, sockets stay open until their tokens expire',
    ),
  );
  const target = endpoint && new URL(endpoint.url);
  const pool = target && new Pool(target.origin, { connections: 1, headersTimeout: patienceMs });
  let timer: NodeJS.Timeout | undefined;
  let since: string | undefined;
  let closed = false;

  const ask = async () => {
    timer = undefined;
    if (closed || watched.size === 0 || !pool || !endpoint || !target) return;
    try {
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: pathOf(target, since),
        headers: { 'x-internal-secret': endpoint.secret },
        signal: AbortSignal.timeout(patienceMs),
      });
      const answer = await body.text();
      if (statusCode !== 200) throw new Error(`the answer has the status ${statusCode}`);
      const ended = JSON.parse(answer) as { now: string; sessions: string[] };
      for (const session of ended.sessions)
        for (const onEnd of [...(watched.get(session) ?? [])]) onEnd('ended');
      since = new Date(new Date(ended.now).getTime() - overlapMs).toISOString();
    } catch (error) {
      if (!closed) warn(error);
    }
    askSoon();
  };
  const askSoon = () => {
    if (closed || watched.size === 0 || !pool) {
      // The session of the next connection has just been found active.
      since = undefined;
      return;
    }
    timer ??= setTimeout(() => void ask(), askEveryMs).unref();
  };

  return {
    watch(claims, onEnd) {
      if (!claims) return () => undefined;
      const { sessionId, expiresAt } = claims;
      const end = (why: AuthenticationProblem) => {
        unwatch();
        onEnd(why);
      };
      const expiry = setTimeout(
        () => end('expired'),
        Math.min(maxTimerMs, Math.max(0, expiresAt.getTime() - now().getTime())),
      ).unref();
      const ofSession = watched.get(sessionId) ?? new Set();
      watched.set(sessionId, ofSession.add(end));
      const unwatch = () => {
        clearTimeout(expiry);
        ofSession.delete(end);
        if (ofSession.size === 0 && watched.get(sessionId) === ofSession) watched.delete(sessionId);
      };
      askSoon();
      return unwatch;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await pool?.destroy();
    },
  };
}

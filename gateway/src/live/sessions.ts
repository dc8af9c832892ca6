import type { AuthenticationProblem, TokenClaims } from '@ates/kit/graph/token';
import { type Log, seldom } from '@ates/kit/process/log';
import { Pool } from 'undici';
import type { Endpoint } from '../settings.ts';

/** Tells what is connected for long when whoever opened it may no longer be served. */
export interface Sessions {
  /** Calls back once, when the token runs out or its session ends; hands back how to stop watching. */
  watch(claims: TokenClaims | undefined, onEnd: (why: AuthenticationProblem) => void): () => void;
  close(): Promise<void>;
}

/** How often ended sessions are asked for, in milliseconds: an end is noticed within a second. */
const askEveryMs = 500;
/** How far back each question reaches, in milliseconds: a session may have ended a while before that can be seen. */
const overlapMs = 10_000;
/** The longest a question may take, in milliseconds. */
const patienceMs = 3_000;
/** A timer of Node's runs at most this long, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

function pathOf(target: URL, since: string | undefined): string {
  const url = new URL(target);
  if (since !== undefined) url.searchParams.set('since', since);
  return `${url.pathname}${url.search}`;
}

/**
 * Watches tokens and, where `endpoint` says whom to ask, sessions: `GET url?since=<ISO 8601>` answers with
 * `{"now": "…", "sessions": ["<sid>", …]}`, those that have ended since; the first question leaves `since` to whom it
 * asks. It is asked as long as anybody is watched.
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
      'which sessions have ended cannot be learnt (ENDED_SESSIONS_URL): meanwhile sockets stay open until their tokens run out',
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
      // Whoever comes next has just been found active.
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

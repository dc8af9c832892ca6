import type { TypedDocumentNode } from '@apollo/client';
import { print } from 'graphql';
import {
  LogInDocument,
  LogOutDocument,
  RenewSessionDocument,
  type SignedInFragment,
} from '../generated/graph.ts';

export type User = SignedInFragment['user'];

/**
 * The state of the session, with the user who is signed in. The access token is kept only here; the refresh token is
 * in a cookie.
 */
export type Session =
  | { readonly status: 'unknown'; readonly isUnanswered?: boolean }
  | { readonly status: 'signed out'; readonly why?: 'ended' }
  | { readonly status: 'signed in'; readonly user: User; readonly token: string; readonly renewAt: number };

/** The error for an operation that the graph refused, with the code of the refusal. */
export class Refused extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** How long before its end a token is renewed, in milliseconds. */
const renewAheadMs = 60_000;
/** The lock under which tabs renew one after the other: they share the cookie, and a refresh token works once. */
const lockName = 'session';
/** How long an answer may take, in milliseconds: a tab that waits for one keeps all other tabs waiting. */
const patienceMs = 10_000;
/** The longest pause between two tries to resume the session, in milliseconds. */
const maxPauseMs = 5_000;
/** Carries log-ins and log-outs to the other tabs. */
const channel = new BroadcastChannel('session');

/** Runs calls one after the other, across all tabs; at once on plain http, where browsers have no locks. */
const inTurn = <Result>(run: () => Promise<Result>): Promise<Result> =>
  'locks' in navigator ? navigator.locks.request(lockName, run) : run();

let session: Session = { status: 'unknown' };
let renewing: Promise<Session> | undefined;
/** Counts log-ins and log-outs. An answer to a request from before the last one is ignored. */
let turn = 0;
const listeners = new Set<() => void>();

export const readSession = (): Session => session;

/** Calls `listener` after each change. Returns a function that stops this. */
export function watchSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function become(next: Session): Session {
  const before = session;
  session = next;
  // Another user signed in, in another tab. The reload removes all data of the previous user.
  if (before.status === 'signed in' && next.status === 'signed in' && before.user.id !== next.user.id)
    location.reload();
  for (const listener of [...listeners]) listener();
  return next;
}

const signedIn = ({ user, accessToken, accessTokenExpiresAt }: SignedInFragment): Session => {
  const left = new Date(accessTokenExpiresAt).getTime() - Date.now();
  // At least 5 s: with a browser clock that is 15 minutes fast, each token would be renewed at once, without end.
  return {
    status: 'signed in',
    user,
    token: accessToken,
    renewAt: Date.now() + Math.max(5_000, left - renewAheadMs),
  };
};

/** Signs a user in. @throws Refused where login or beak shape is wrong, or was wrong too often. */
export async function logIn(login: string, beakShape: string): Promise<void> {
  const answer = await inTurn(() => post(LogInDocument, { login, beakShape }));
  turn++;
  become(signedIn(answer.login));
  channel.postMessage('signed in');
}

/** Signs out in this browser, or everywhere. */
export async function logOut(everywhere: boolean): Promise<void> {
  const token = await freshToken();
  // Without a token there is no session to end.
  if (token !== undefined)
    await inTurn(() => post(LogOutDocument, { everywhere }, token)).catch(async (error: unknown) => {
      if (!(error instanceof Refused) || error.code !== 'UNAUTHENTICATED') throw error;
      // The token had run out, though not by this browser's clock.
      const renewed = await renew();
      if (renewed.status === 'signed in')
        await inTurn(() => post(LogOutDocument, { everywhere }, renewed.token));
    });
  turn++;
  become({ status: 'signed out' });
  channel.postMessage('signed out');
}

/** Gets a new token by the cookie. Where auth refuses that, the user is signed out. */
export function renew(): Promise<Session> {
  renewing ??= renewNow().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function renewNow(): Promise<Session> {
  const before = turn;
  try {
    const { refreshSession } = await inTurn(() => post(RenewSessionDocument, {}));
    return turn === before ? become(signedIn(refreshSession)) : session;
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'UNAUTHENTICATED') throw error;
    // A user who is signed out has already seen the reason.
    if (turn !== before || session.status === 'signed out') return session;
    return become(
      session.status === 'signed in' ? { status: 'signed out', why: 'ended' } : { status: 'signed out' },
    );
  }
}

/** Resumes the session of the cookie, if there is one. Tries until auth answers. */
export async function resumeSession(): Promise<void> {
  for (let pauseMs = 500; session.status === 'unknown'; pauseMs = Math.min(maxPauseMs, 2 * pauseMs)) {
    try {
      await renew();
    } catch {
      become({ status: 'unknown', isUnanswered: true });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Returns a token that is not about to run out; undefined where no user is signed in. */
export async function freshToken(): Promise<string | undefined> {
  const now = session.status === 'signed in' && session.renewAt <= Date.now() ? await renew() : session;
  return now.status === 'signed in' ? now.token : undefined;
}

/** Follows log-ins and log-outs of other tabs. */
channel.onmessage = ({ data }) => {
  turn++;
  if (data === 'signed out' && session.status === 'signed in') become({ status: 'signed out' });
  // Waits for the renewal under way, which was sent with the old cookie.
  if (data === 'signed in') void Promise.allSettled([renewing]).then(() => renew().catch(() => undefined));
};

/** Sends one operation without the graph's client: the client needs a session, so it cannot get one. */
async function post<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  token?: string,
): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-session': 'cookie',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: print(document), variables }),
    signal: AbortSignal.timeout(patienceMs),
  });
  const { data, errors } = (await response.json()) as {
    data?: Data | null;
    errors?: { message: string; extensions?: { code?: string } }[];
  };
  const [problem] = errors ?? [];
  if (problem) throw new Refused(problem.message, problem.extensions?.code ?? 'INTERNAL');
  return data as Data;
}

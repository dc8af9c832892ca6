import type { TypedDocumentNode } from '@apollo/client';
import { print } from 'graphql';
import {
  LogInDocument,
  LogOutDocument,
  RenewSessionDocument,
  type SignedInFragment,
} from '../generated/graph.ts';

export type User = SignedInFragment['user'];

/** Whether anybody is signed in. The access token lives here and nowhere else; what renews it is in a cookie. */
export type Session =
  | { readonly status: 'unknown'; readonly isUnanswered?: boolean }
  | { readonly status: 'signed out'; readonly why?: 'ended' }
  | { readonly status: 'signed in'; readonly user: User; readonly token: string; readonly renewAt: number };

/** An operation that was refused, with the code that tells why. */
export class Refused extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** How long before its end a token is renewed, in milliseconds. */
const renewAheadMs = 60_000;
/** The lock that tabs renew under, one after the other: a refresh token works once, and they share the cookie. */
const lockName = 'session';
/** How long an answer may take: whoever waits for one keeps all other tabs waiting. */
const patienceMs = 10_000;
/** The longest pause before it is asked again whether anybody is signed in, in milliseconds. */
const maxPauseMs = 5_000;
/** What tabs tell each other. */
const channel = new BroadcastChannel('session');

/** One after the other, also among tabs; on a plain http address, where browsers have no locks, as it comes. */
const inTurn = <Result>(run: () => Promise<Result>): Promise<Result> =>
  'locks' in navigator ? navigator.locks.request(lockName, run) : run();

let session: Session = { status: 'unknown' };
let renewing: Promise<Session> | undefined;
/** Counts log-ins and log-outs: what was asked before one is no news after it. */
let turn = 0;
const listeners = new Set<() => void>();

export const readSession = (): Session => session;

/** Calls back after each change; hands back how to stop that. */
export function watchSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function become(next: Session): Session {
  const before = session;
  session = next;
  // Another user in the same tab, by a log-in in another one: nothing of the one before may stay.
  if (before.status === 'signed in' && next.status === 'signed in' && before.user.id !== next.user.id)
    location.reload();
  for (const listener of [...listeners]) listener();
  return next;
}

const signedIn = ({ user, accessToken, accessTokenExpiresAt }: SignedInFragment): Session => {
  const left = new Date(accessTokenExpiresAt).getTime() - Date.now();
  // Clocks differ: one that is wrong by a quarter of an hour must not renew without end.
  return {
    status: 'signed in',
    user,
    token: accessToken,
    renewAt: Date.now() + Math.max(5_000, left - renewAheadMs),
  };
};

/** @throws Refused where login and shape do not go together, or too often did not. */
export async function logIn(login: string, beakShape: string): Promise<void> {
  const answer = await inTurn(() => post(LogInDocument, { login, beakShape }));
  turn++;
  become(signedIn(answer.login));
  channel.postMessage('signed in');
}

/** Signs out in this browser, or everywhere. */
export async function logOut(everywhere: boolean): Promise<void> {
  const token = await freshToken();
  // Without a token the session has ended by itself.
  if (token !== undefined)
    await inTurn(() => post(LogOutDocument, { everywhere }, token)).catch(async (error: unknown) => {
      if (!(error instanceof Refused) || error.code !== 'UNAUTHENTICATED') throw error;
      // Its time was up before this browser's clock said so.
      const renewed = await renew();
      if (renewed.status === 'signed in')
        await inTurn(() => post(LogOutDocument, { everywhere }, renewed.token));
    });
  turn++;
  become({ status: 'signed out' });
  channel.postMessage('signed out');
}

/** Takes a new token by the cookie. Where that is refused, nobody is signed in any more. */
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
    // Whoever is signed out already knows why.
    if (turn !== before || session.status === 'signed out') return session;
    return become(
      session.status === 'signed in' ? { status: 'signed out', why: 'ended' } : { status: 'signed out' },
    );
  }
}

/** Finds out whether anybody is signed in, however long that takes. */
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

/** A token that is still good for a while; undefined where nobody is signed in. */
export async function freshToken(): Promise<string | undefined> {
  const now = session.status === 'signed in' && session.renewAt <= Date.now() ? await renew() : session;
  return now.status === 'signed in' ? now.token : undefined;
}

/** What another tab did counts here too. */
channel.onmessage = ({ data }) => {
  turn++;
  if (data === 'signed out' && session.status === 'signed in') become({ status: 'signed out' });
  // After the one under way, which asked with the cookie before.
  if (data === 'signed in') void Promise.allSettled([renewing]).then(() => renew().catch(() => undefined));
};

/** One operation by itself: what the graph's client needs a session for cannot be needed for the session. */
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

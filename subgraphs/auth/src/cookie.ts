import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '@ates/kit/process/refusal';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Context } from './context.ts';
import { refreshTokenLifeMs, type Session } from './domain/session.ts';

const cookieName = 'ates_refresh';

/** Reads a request's cookie with the refresh token, and its wish for one. */
export function readCookie(request: IncomingMessage, response: ServerResponse): Context['cookie'] {
  return {
    wanted: request.headers['x-session'] === 'cookie',
    refreshToken: parseCookie(request.headers.cookie ?? '')[cookieName] || undefined,
    response,
  };
}

/** Returns the refresh token of the argument, or else of the cookie. */
export function takeRefreshToken(cookie: Context['cookie'], argument: string | null | undefined): string {
  const token = argument ?? cookie.refreshToken;
  if (!token)
    throw new Refusal(
      'UNAUTHENTICATED',
      'There is no refresh token, neither as an argument nor in the cookie. Sign in again.',
    );
  return token;
}

/**
 * Puts the refresh token into a cookie that scripts cannot read, and leaves it out of the answer, where the caller
 * asked for that. `null` deletes the cookie.
 */
export function withCookie<Given extends Session | null>(cookie: Context['cookie'], session: Given): Given {
  const set = (value: string, maxAge: number) =>
    cookie.response.appendHeader(
      'set-cookie',
      stringifySetCookie(cookieName, value, { ...attributes, maxAge }),
    );
  if (session === null) {
    if (cookie.refreshToken) set('', 0);
    return session;
  }
  if (!cookie.wanted) return session;
  set(session.refreshToken ?? '', refreshTokenLifeMs / 1000);
  return { ...session, refreshToken: null };
}

// Secure also works on plain http://localhost, because browsers treat it as secure.
const attributes = { path: '/graphql', httpOnly: true, sameSite: 'strict', secure: true } as const;

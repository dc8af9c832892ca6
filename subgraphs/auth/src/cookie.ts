import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '@ates/kit/process/refusal';
import type { Context } from './context.ts';
import { refreshTokenLifeMs, type Session } from './domain/session.ts';

const cookieName = 'ates_refresh';

/** Reads what a request says of the refresh token's cookie. */
export function readCookie(request: IncomingMessage, response: ServerResponse): Context['cookie'] {
  const cookies = (request.headers.cookie ?? '').split(/;\s*/);
  return {
    wanted: request.headers['x-session'] === 'cookie',
    refreshToken:
      cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ||
      undefined,
    response,
  };
}

/** The refresh token of the argument, else of the cookie. */
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
 * asked for that; `null` takes the cookie away.
 */
export function withCookie<Given extends Session | null>(cookie: Context['cookie'], session: Given): Given {
  if (session === null) {
    if (cookie.refreshToken)
      cookie.response.appendHeader('set-cookie', `${cookieName}=; Max-Age=0; ${attributes}`);
    return session;
  }
  if (!cookie.wanted) return session;
  cookie.response.appendHeader(
    'set-cookie',
    `${cookieName}=${session.refreshToken}; Max-Age=${refreshTokenLifeMs / 1000}; ${attributes}`,
  );
  return { ...session, refreshToken: null };
}

// Secure also on plain http://localhost, which browsers count as a secure place.
const attributes = 'Path=/graphql; HttpOnly; SameSite=Strict; Secure';

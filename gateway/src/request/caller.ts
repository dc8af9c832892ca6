import type { IncomingMessage } from 'node:http';
import type { AuthenticationProblem } from '@ates/kit/graph/token';

/** How large the answer to an operation may be, where every page that it asks for is full. */
export interface OperationSize {
  /** How many fields it may hold. */
  readonly fields: number;
  /** How many bytes it may have, each text as long as the longest there can be. */
  readonly bytes: number;
}

/** What is known of a request and of whoever sent it: Apollo Server's context value. */
export interface CallerContext {
  /** Made here, told to the subgraphs and in the answer; errors that are masked carry it. */
  readonly requestId: string;
  readonly clientAddress: string;
  /** The id of the signed-in user; undefined without a token, and where tokens are not verified here. */
  readonly userId?: string | undefined;
  /** Why nobody is signed in; undefined where somebody is, or where that could not be found out. */
  readonly problem: AuthenticationProblem | undefined;
  /** The headers of the client that subgraphs may see. */
  readonly forwarded: Readonly<Record<string, string>>;
  /** How large the answer may be, once that is known. */
  size?: OperationSize;
  /** Hands a subgraph's cookies to the client. */
  passCookies(cookies: readonly string[]): void;
}

/** The part of a context that a data source needs; other transports than HTTP make it too. */
export type SubgraphCaller = Pick<CallerContext, 'requestId' | 'clientAddress' | 'forwarded' | 'passCookies'>;

/**
 * The client's address. `X-Forwarded-For` is believed only as far as trusted proxies wrote it: each appends whom it
 * got the request from, so the client is as many entries from the end as there are such proxies.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const claimed = trustedProxies === 0 ? [] : String(request.headers['x-forwarded-for'] ?? '').split(',');
  const chain = [...claimed.map((entry) => entry.trim()).filter(Boolean), request.socket.remoteAddress ?? ''];
  const address = chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? '';
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Whether a browser sends a request for a page of another origin. Without a browser nothing is foreign. */
export function isForeign(request: IncomingMessage, trustedProxies: number): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = request.headers;
  if (origin === undefined) return false;
  const forwardedHost = trustedProxies > 0 ? request.headers['x-forwarded-host'] : undefined;
  const host = String(forwardedHost ?? request.headers.host ?? '');
  return !URL.canParse(origin) || new URL(origin).host !== host.trim().toLowerCase();
}

import type { IncomingMessage } from 'node:http';
import type { AuthenticationProblem } from '@ates/kit/graph/token';

/** The largest possible answer to an operation: every page that it asks for is full. */
export interface OperationSize {
  /** The number of fields in it. */
  readonly fields: number;
  /** The number of bytes in it, with each text at its longest. */
  readonly bytes: number;
}

/** What the gateway knows about a request and its sender: Apollo Server's context value. */
export interface CallerContext {
  /** Made here, and sent to the subgraphs and in the answer. Masked errors carry it. */
  readonly requestId: string;
  readonly clientAddress: string;
  /** The id of the signed-in user. Undefined without a token, and where the gateway does not verify tokens. */
  readonly userId?: string | undefined;
  /** Why the caller is not signed in. Undefined for a signed-in caller, and where the gateway could not find out. */
  readonly problem: AuthenticationProblem | undefined;
  /** The client's headers that subgraphs may see. */
  readonly forwarded: Readonly<Record<string, string>>;
  /** How large the answer may be; set once it has been computed. */
  size?: OperationSize;
  /** Passes a subgraph's cookies on to the client. */
  passCookies(cookies: readonly string[]): void;
}

/** The part of a context that a data source needs. Transports other than HTTP make it too. */
export type SubgraphCaller = Pick<CallerContext, 'requestId' | 'clientAddress' | 'forwarded' | 'passCookies'>;

/**
 * Returns the client's address. Each proxy appends to `X-Forwarded-For` the address that the request came from. Only
 * the entries of trusted proxies are believed: with n of them, the client is the n-th entry from the end.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const claimed = trustedProxies === 0 ? [] : String(request.headers['x-forwarded-for'] ?? '').split(',');
  const chain = [...claimed.map((entry) => entry.trim()).filter(Boolean), request.socket.remoteAddress ?? ''];
  const address = chain[Math.max(0, chain.length - 1 - trustedProxies)] ?? '';
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** True for a request that a browser sends for a page of another origin. Without a browser, no request is foreign. */
export function isForeign(request: IncomingMessage, trustedProxies: number): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = request.headers;
  if (origin === undefined) return false;
  const forwardedHost = trustedProxies > 0 ? request.headers['x-forwarded-host'] : undefined;
  const host = String(forwardedHost ?? request.headers.host ?? '');
  return !URL.canParse(origin) || new URL(origin).host !== host.trim().toLowerCase();
}

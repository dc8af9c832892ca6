import type { IncomingMessage, ServerResponse } from 'node:http';
import { isForeign } from '../request/caller.ts';

export interface CrossOrigin {
  /** Sets the headers that let an allowed origin read the answer, and answers preflights. True where it answered. */
  answersPreflight(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Lets pages of the listed origins call, without cookies: only the token that they send gives them rights. */
export function allowOrigins(origins: readonly string[], trustedProxies: number): CrossOrigin {
  return {
    answersPreflight(request, response) {
      const { origin } = request.headers;
      const isAllowed = origin !== undefined && origins.includes(origin);
      response.setHeader('vary', 'Origin');
      if (isAllowed) {
        response.setHeader('access-control-allow-origin', origin);
        response.setHeader('access-control-expose-headers', 'x-request-id');
      }
      if (request.method !== 'OPTIONS') return false;
      if (origin === undefined || (!isAllowed && !isForeign(request, trustedProxies))) {
        response.writeHead(204, { allow: 'GET, POST, OPTIONS' }).end();
        return true;
      }
      if (!isAllowed) {
        response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(`Pages of ${origin} may not call from a browser: ALLOWED_ORIGINS does not list it.\n`);
        return true;
      }
      response.writeHead(204, {
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers':
          'content-type, authorization, apollo-require-preflight, x-apollo-operation-name, apollographql-client-name, apollographql-client-version',
        'access-control-max-age': '600',
        ...(request.headers['access-control-request-private-network'] === 'true'
          ? { 'access-control-allow-private-network': 'true' }
          : {}),
      });
      response.end();
      return true;
    },
  };
}

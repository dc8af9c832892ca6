import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Readiness } from '../supergraph/readiness.ts';
import type { App } from './app.ts';
import type { Page } from './pages.ts';
import { keysLifeMs, type PublicKeys } from './publicKeys.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Returns the id of a request, which `route` made. */
export const requestIdOf = (response: ServerResponse): string => String(response.getHeader('x-request-id'));

/** Returns the listener of the public port, which answers by path. */
export function route(options: {
  graphql: Answer;
  /** Answers operations with streams of events. */
  stream: Answer;
  landing: Page;
  /** Served in place of the landing page, and at every path that has no route. */
  app: App | undefined;
  graphiql: Page;
  publicKeys: PublicKeys | undefined;
  readiness: Readiness;
  /** Logs an unexpected error and returns the sentence for the client. */
  mask: (error: unknown, id: string) => { message: string };
}): RequestListener {
  const { readiness, publicKeys, app } = options;
  const nothing: Answer = (_, response) =>
    answerText(response, 404, `There is nothing at this path. Paths are ${[...routes.keys()].join(', ')}.`);
  const appFile =
    app && readOnly((request, response) => app.answer(request, response, () => nothing(request, response)));
  const routes = new Map<string, Answer>(
    Object.entries({
      '/graphql': options.graphql,
      '/graphql/stream': options.stream,
      '/': appFile ?? readOnly(options.landing.answer),
      '/graphiql': readOnly(options.graphiql.answer),
      '/.well-known/jwks.json': readOnly((_, response) => answerKeys(response, publicKeys)),
      '/health/live': readOnly((_, response) => answerText(response, 200, 'ok')),
      '/health/ready': readOnly((_, response) => {
        const ready = readiness.isReady();
        answerText(response, ready === true ? 200 : 503, ready === true ? 'ok' : ready);
      }),
    }),
  );
  return (request, response) => {
    response.setHeader('x-request-id', randomUUID());
    response.setHeader('x-content-type-options', 'nosniff');
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const answer = routes.get(path) ?? (isRead(request) ? appFile : undefined);
    if (!answer) {
      request.resume();
      void nothing(request, response);
      return;
    }
    Promise.resolve()
      .then(() => answer(request, response))
      .catch((error: unknown) => {
        const { message } = options.mask(error, requestIdOf(response));
        if (response.headersSent) response.destroy();
        else answerText(response, 500, message);
      });
  };
}

const isRead = ({ method }: IncomingMessage) => method === 'GET' || method === 'HEAD';

function readOnly(answer: Answer): Answer {
  return (request, response) => {
    request.resume();
    if (isRead(request)) return answer(request, response);
    response.setHeader('allow', 'GET, HEAD');
    answerText(response, 405, 'This page can only be read: use GET.');
  };
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}

async function answerKeys(response: ServerResponse, publicKeys: PublicKeys | undefined): Promise<void> {
  if (!publicKeys) {
    answerText(response, 404, 'This gateway does not know where keys are published: JWKS_URL is not set.');
    return;
  }
  let keys: string;
  try {
    keys = await publicKeys.read();
  } catch {
    answerText(response, 503, 'The keys cannot be fetched at the moment. Try again.');
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': `public, max-age=${keysLifeMs / 1000}`,
    // Pages of any origin may read public keys.
    'access-control-allow-origin': '*',
  });
  response.end(keys);
}

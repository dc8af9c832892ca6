import type { IncomingMessage } from 'node:http';
import { readJson } from '@ates/kit/graph/graphqlHttp';
import type { OperationReader, OperationRequest } from './operation.ts';
import { RefusedRequest } from './transport.ts';

/**
 * Reads the operation of an HTTP request: the JSON in a POST, or the parameters in the URL of a GET, as EventSource and
 * GraphiQL send them.
 * @throws RefusedRequest where there is none
 */
export async function readHttpOperation(
  request: IncomingMessage,
  reader: OperationReader,
): Promise<OperationRequest> {
  if (request.method === 'GET') {
    request.resume();
    return reader.read(readSearch(request.url ?? '/'));
  }
  if (request.method !== 'POST') {
    request.resume();
    throw new RefusedRequest('BAD_REQUEST', 'Send the operation by POST.', 405, [['allow', 'GET, POST']]);
  }
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(contentType)) {
    request.resume();
    throw new RefusedRequest(
      'BAD_REQUEST',
      'Send the operation as "content-type: application/json", in UTF-8.',
      415,
    );
  }
  const body = await readJson(request);
  if ('problem' in body) throw new RefusedRequest(body.code, body.problem, body.status);
  return reader.read(body.json);
}

/** Returns the parameters in a URL; `variables` and `extensions` are JSON there. */
function readSearch(url: string): Record<string, unknown> {
  const search = new URL(url, 'http://here').searchParams;
  const parameter = (name: string): string | undefined => {
    const [value, ...others] = search.getAll(name);
    if (others.length > 0)
      throw new RefusedRequest('BAD_REQUEST', `The parameter "${name}" is given more than once.`);
    return value || undefined;
  };
  const json = (name: string): unknown => {
    const text = parameter(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new RefusedRequest('BAD_REQUEST', `The parameter "${name}" is not JSON.`);
    }
  };
  return {
    query: parameter('query'),
    operationName: parameter('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
  };
}

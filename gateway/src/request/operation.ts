import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RefusedRequest } from './transport.ts';

/** An operation that a client asks for. Every transport makes it with `OperationReader.read`. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** True where the client sent a hash in place of the document. */
  readonly isPersisted: boolean;
}

/** How many characters of persisted queries are kept. */
const maxPersistedLength = 8 * 1024 * 1024;

/**
 * Reads the parameters of an operation as GraphQL over HTTP names them: `query`, `operationName`, `variables` and
 * `extensions`. A client may send the SHA-256 of a document in `extensions.persistedQuery` in place of the document,
 * once it has sent both (Apollo's automatic persisted queries).
 */
export class OperationReader {
  readonly #persisted = new LRUCache<string, string>({
    maxSize: maxPersistedLength,
    sizeCalculation: (query) => query.length + 64,
  });

  /** @throws RefusedRequest where the parameters are ill-typed, or a hash is unknown or does not fit its document. */
  read(parameters: unknown): OperationRequest {
    if (!isRecord(parameters))
      throw new RefusedRequest(
        'BAD_REQUEST',
        'An operation is one JSON object; several in one request are not served.',
      );
    const { query, operationName, variables, extensions } = parameters;
    if (!isAbsent(query) && typeof query !== 'string')
      throw new RefusedRequest('BAD_REQUEST', '"query" must be a string.');
    if (!isAbsent(operationName) && typeof operationName !== 'string')
      throw new RefusedRequest('BAD_REQUEST', '"operationName" must be a string.');
    if (!isAbsent(variables) && !isRecord(variables))
      throw new RefusedRequest('BAD_REQUEST', '"variables" must be an object, not its JSON.');
    if (!isAbsent(extensions) && !isRecord(extensions))
      throw new RefusedRequest('BAD_REQUEST', '"extensions" must be an object, not its JSON.');
    const persisted = extensions?.persistedQuery;
    return {
      query: isAbsent(persisted) ? requireQuery(query) : this.#readPersisted(persisted, query ?? ''),
      operationName: operationName || undefined,
      variables: variables ?? {},
      isPersisted: !isAbsent(persisted),
    };
  }

  #readPersisted(persisted: unknown, query: string): string {
    const { version, sha256Hash } = isRecord(persisted) ? persisted : {};
    if (version !== 1 || typeof sha256Hash !== 'string')
      throw new RefusedRequest(
        'BAD_REQUEST',
        '"extensions.persistedQuery" must be {"version": 1, "sha256Hash": "…"}.',
      );
    if (query === '') {
      const known = this.#persisted.get(sha256Hash);
      // Clients know this sentence: they send the document with its hash.
      if (known === undefined)
        throw new RefusedRequest('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', 200);
      return known;
    }
    if (createHash('sha256').update(query).digest('hex') !== sha256Hash)
      throw new RefusedRequest('BAD_REQUEST', 'provided sha does not match query');
    this.#persisted.set(sha256Hash, query);
    return query;
  }
}

function requireQuery(query: string | null | undefined): string {
  if (query) return query;
  throw new RefusedRequest('BAD_REQUEST', 'There is no "query" that is a string and not empty.');
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

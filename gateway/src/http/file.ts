import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodingFor } from '../request/compression.ts';

/** The content of a path: its headers, its bytes, and their compressed forms. */
export interface ServedFile {
  readonly headers: Readonly<Record<string, string>>;
  /** The hash of the plain bytes. */
  readonly tag: string;
  readonly plain: Buffer;
  readonly br?: Buffer | undefined;
  readonly gzip?: Buffer | undefined;
}

/** Returns a file with the headers that are always sent with it. */
export function toServedFile(
  bytes: Pick<ServedFile, 'plain' | 'br' | 'gzip'>,
  headers: { 'content-type': string; 'cache-control': string; 'content-security-policy'?: string },
): ServedFile {
  const tag = createHash('sha256').update(bytes.plain).digest('base64url').slice(0, 22);
  return {
    ...bytes,
    tag,
    headers: { ...headers, 'referrer-policy': 'same-origin', vary: 'Accept-Encoding' },
  };
}

/** Sends a file, compressed where the client accepts that. Answers 304 where the client has it already. */
export function sendFile(file: ServedFile, request: IncomingMessage, response: ServerResponse): void {
  const made = (['br', 'gzip'] as const).filter((encoding) => file[encoding]);
  const encoding = encodingFor(request, made);
  const etag = `"${file.tag}${encoding ? `-${encoding}` : ''}"`;
  const headers = { ...file.headers, etag, ...(encoding ? { 'content-encoding': encoding } : {}) };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const body = (encoding && file[encoding]) ?? file.plain;
  response.writeHead(200, { ...headers, 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

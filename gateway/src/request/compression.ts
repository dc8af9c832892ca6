import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliCompress, constants, createGzip, gzip } from 'node:zlib';
import Negotiator from 'negotiator';

/** The encodings that answers are sent in, the preferred one first. */
export type Encoding = 'br' | 'gzip';

/** An answer shorter than this, in bytes, fits into one packet as it is. */
const worthCompressing = 1_400;
/** How hard is tried. The best that these have makes a list of tasks a tenth shorter, in three times the time. */
const brotliQuality = 3;
const gzipLevel = 3;

const brotliOf = promisify(brotliCompress);
const gzipOf = promisify(gzip);

/** Returns the first of these encodings that the client takes; undefined where it takes none of them. */
export function encodingFor<Possible extends Encoding>(
  request: IncomingMessage,
  possible: readonly Possible[],
): Possible | undefined {
  const taken = new Negotiator(request).encodings([...possible]);
  return possible.find((encoding) => taken.includes(encoding));
}

/**
 * Sends a text as the rest of a response, compressed where that is worth it and the client takes it. Other threads
 * compress. What a page can learn from an answer's length (BREACH) needs a victim's browser that sends requests of the
 * attacker's, and those are refused: see `guards/crossOrigin.ts`.
 */
export async function sendCompressed(
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
): Promise<void> {
  // Encoded here: for a string, Node takes three bytes for each character, which is slow for large ones.
  const bytes = Buffer.from(text);
  response.appendHeader('vary', 'Accept-Encoding');
  const encoding = bytes.length < worthCompressing ? undefined : encodingFor(request, ['br', 'gzip']);
  if (encoding === undefined) {
    response.setHeader('content-length', bytes.length);
    response.end(bytes);
    return;
  }
  const compressed = await (encoding === 'br'
    ? brotliOf(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      })
    : gzipOf(bytes, { level: gzipLevel }));
  response.setHeader('content-encoding', encoding);
  response.setHeader('content-length', compressed.length);
  response.end(compressed);
}

/** The window and the state of a compressed stream are small: 24 KiB, and not 256, for each that is open. */
const streamWindowBits = 12;
const streamMemLevel = 4;

/**
 * Begins a response that stays open, and returns what its parts are written to: each part leaves at once, compressed
 * where the client takes that.
 */
export function openCompressed(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Writable {
  response.appendHeader('vary', 'Accept-Encoding');
  if (encodingFor(request, ['gzip']) === undefined) return response.writeHead(200, headers);
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip' });
  const compressed = createGzip({
    flush: constants.Z_SYNC_FLUSH,
    level: gzipLevel,
    windowBits: streamWindowBits,
    memLevel: streamMemLevel,
  });
  compressed.pipe(response);
  response.once('close', () => compressed.destroy());
  return compressed;
}

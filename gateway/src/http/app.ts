import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, resolve, sep } from 'node:path';
import { SettingError } from '@ates/kit/process/settings';

/** The files of a built web app. */
export interface App {
  /** Answers with a file, or with the app's page where the path is one of its own; calls `otherwise` where it is not. */
  answer(request: IncomingMessage, response: ServerResponse, otherwise: () => void): void;
}

/** A file and what has been compressed of it beforehand, with the headers that each is sent with. */
interface Served {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};
const yearSeconds = 31_536_000;

/** Nothing but this origin, and no script that does not come in a file from it. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Serves a directory in which an app was built, with whatever has been compressed beforehand (`.br`, `.gz`). Files
 * below `assets/` have their content's hash in their names and are kept for good; all others are asked for each time.
 * All of it is read once, at the start: an app is a few MB, and what is rebuilt under a gateway that runs would be half
 * of one version and half of another. (sirv streams each file anew, and a file that is gone by then ends the process.)
 * @throws SettingError where there is no app in it.
 */
export function serveApp(directory: string): App {
  const files = readFiles(directory);
  const page = files.get('/index.html');
  if (!page)
    throw new SettingError(
      `APP_DIR names ${resolve(directory)}, in which there is no index.html. Build the app first.`,
    );
  return {
    answer(request, response, otherwise) {
      const [path = '/'] = (request.url ?? '/').split('?', 1);
      const file = path === '/' ? page : files.get(path);
      if (file) return send(file, request, response);
      // Somebody looks at a page of the app, whose path only the app knows.
      if (request.headers.accept?.includes('text/html')) return send(page, request, response);
      otherwise();
    },
  };
}

function readFiles(directory: string): Map<string, Served> {
  const read = new Map<string, Buffer>();
  try {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      // Nothing hidden: a build may leave its own notes there.
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const file = join(entry.parentPath, entry.name);
      read.set(`/${relative(directory, file).split(sep).join('/')}`, readFileSync(file));
    }
  } catch (cause) {
    throw new SettingError(
      `APP_DIR names ${resolve(directory)}, which cannot be read: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  const served = new Map<string, Served>();
  for (const [path, plain] of read) {
    if (/\.(br|gz)$/.test(path)) continue;
    const type = types[extname(path)] ?? 'application/octet-stream';
    const isKept = path.startsWith('/assets/');
    served.set(path, {
      plain,
      br: read.get(`${path}.br`),
      gzip: read.get(`${path}.gz`),
      headers: {
        'content-type': type,
        'cache-control': isKept ? `public, max-age=${yearSeconds}, immutable` : 'no-cache',
        'referrer-policy': 'same-origin',
        vary: 'Accept-Encoding',
        etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
        ...(type.startsWith('text/html') ? { 'content-security-policy': contentSecurityPolicy } : {}),
      },
    });
  }
  return served;
}

function send(file: Served, request: IncomingMessage, response: ServerResponse): void {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const encoding = (['br', 'gzip'] as const).find(
    (name) => file[name] && new RegExp(`\\b${name}\\b`).test(accepted),
  );
  const etag = `"${file.headers.etag}${encoding ? `-${encoding}` : ''}"`;
  const headers = { ...file.headers, etag, ...(encoding ? { 'content-encoding': encoding } : {}) };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const body = (encoding && file[encoding]) ?? file.plain;
  response.writeHead(200, { ...headers, 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

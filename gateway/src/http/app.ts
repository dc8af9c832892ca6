import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, resolve, sep } from 'node:path';
import { SettingError } from '@ates/kit/process/settings';
import { type ServedFile, sendFile, toServedFile } from './file.ts';

/** The files of a built web app. */
export interface App {
  /** Answers with a file, or with the app's page where the client accepts HTML. Else calls `otherwise`. */
  answer(request: IncomingMessage, response: ServerResponse, otherwise: () => void): void;
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

/** Allows only this origin, and only scripts that come in a file from it. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Serves a directory with a built app, and the files that the build has compressed (`.br`, `.gz`). Files below
 * `assets/` have their content's hash in their names, so clients keep them; they ask for all others each time. All
 * files are read once, at the start: an app is a few MB, and a rebuild under a running gateway would mix two
 * versions. (*Instead:* sirv streams each file anew; a file that is gone by then ends the process.)
 * @throws SettingError where the directory has no app.
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
      if (file) return sendFile(file, request, response);
      // A browser asks for a page of the app; only the app knows its paths.
      if (request.headers.accept?.includes('text/html')) return sendFile(page, request, response);
      otherwise();
    },
  };
}

function readFiles(directory: string): Map<string, ServedFile> {
  const read = new Map<string, Buffer>();
  try {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      // Skips hidden files: a build may leave its own notes in them.
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
  const served = new Map<string, ServedFile>();
  for (const [path, plain] of read) {
    if (/\.(br|gz)$/.test(path)) continue;
    const type = types[extname(path)] ?? 'application/octet-stream';
    const isKept = path.startsWith('/assets/');
    const bytes = { plain, br: read.get(`${path}.br`), gzip: read.get(`${path}.gz`) };
    const headers = {
      'content-type': type,
      'cache-control': isKept ? `public, max-age=${yearSeconds}, immutable` : 'no-cache',
      ...(type.startsWith('text/html') ? { 'content-security-policy': contentSecurityPolicy } : {}),
    };
    served.set(path, toServedFile(bytes, headers));
  }
  return served;
}

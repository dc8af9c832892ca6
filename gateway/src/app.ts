import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { SettingError } from '@ates/kit/settings';
import sirv from 'sirv';

/** The files of a built web app. */
export interface App {
  /** Answers with a file, or with the app's page where the path is one of its own; calls `otherwise` where it is not. */
  answer(request: IncomingMessage, response: ServerResponse, otherwise: () => void): void;
}

const yearSeconds = 31_536_000;

/** Nothing but this origin, and no script that does not come in a file from it. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Serves a directory in which an app was built, with whatever has been compressed beforehand (`.br`, `.gz`). Files
 * below `assets/` have their content's hash in their names and are kept for good; all others are asked for each time.
 * @throws SettingError where there is no app in it.
 */
export function serveApp(directory: string): App {
  if (!existsSync(join(directory, 'index.html')))
    throw new SettingError(
      `APP_DIR names ${resolve(directory)}, in which there is no index.html. Build the app first.`,
    );
  const files = sirv(directory, {
    brotli: true,
    gzip: true,
    etag: true,
    setHeaders(response, path) {
      const isKept = path.startsWith('/assets/');
      response.setHeader('cache-control', isKept ? `public, max-age=${yearSeconds}, immutable` : 'no-cache');
      response.setHeader('referrer-policy', 'same-origin');
      if (!isKept) response.setHeader('content-security-policy', contentSecurityPolicy);
    },
  });
  return {
    answer: (request, response, otherwise) =>
      files(request, response, () => {
        // Somebody looks at a page of the app, whose path only the app knows.
        if (!request.headers.accept?.includes('text/html')) return otherwise();
        request.url = '/';
        files(request, response, otherwise);
      }),
  };
}

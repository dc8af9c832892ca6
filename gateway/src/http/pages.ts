import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SettingError } from '@ates/kit/process/settings';
import { type ServedFile, sendFile, toServedFile } from './file.ts';

/** An HTML page that does not change while the process runs. */
export interface Page {
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** Returns a page that is made and compressed at the first request for it. */
function page(render: () => Promise<string> | string, contentSecurityPolicy: string): Page {
  const make = async (): Promise<ServedFile> => {
    const plain = Buffer.from(await render());
    return toServedFile(
      { plain, gzip: await promisify(gzip)(plain) },
      {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy': contentSecurityPolicy,
      },
    );
  };
  let made: Promise<ServedFile> | undefined;
  return {
    async answer(request, response) {
      made ??= make();
      sendFile(await made, request, response);
    },
  };
}

/**
 * Returns GraphiQL, complete in one file, for browsers that cannot load Apollo Sandbox. The policy enforces that: the
 * page can reach nothing but this origin. GraphiQL has some 9 MB, so it is loaded at the first request for it.
 */
export const graphiqlPage = (): Page =>
  page(async () => {
    const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
    return renderGraphiQL({
      endpoint: '/graphql',
      // Subscribes by GET at the endpoint itself, despite the library's description.
      subscriptionsProtocol: 'GRAPHQL_SSE',
      title: 'GraphiQL',
      shouldPersistHeaders: false,
    });
  }, "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/** Returns the page at `/`: the given HTML, or else the general page. */
export const landingPage = (html: string = generalPage): Page =>
  page(
    () => html,
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  );

/** Reads the file that `LANDING_PAGE` names. */
export function readLandingPage(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SettingError(`LANDING_PAGE cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

const generalPage = /* HTML */ `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GraphQL gateway</title>
<style>
  :root { color-scheme: light dark; --ground: #f7f6f3; --card: #fff; --ink: #20242c; --quiet: #5c6370; --line: #e2dfd8; --accent: #0b6e5f; }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #15181d; --card: #1d2128; --ink: #e8eaee; --quiet: #a2a9b5; --line: #2e343e; --accent: #5fd3bd; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; }
  main { max-width: 44rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4rem) 1rem; }
  h1 { font-size: clamp(1.6rem, 6vw, 2.2rem); line-height: 1.2; margin: 0 0 .5rem; }
  h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
  p { margin: .5rem 0; color: var(--quiet); }
  ul { list-style: none; padding: 0; margin: 1.5rem 0 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
  li a { display: block; height: 100%; padding: 1rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; color: inherit; text-decoration: none; }
  li a:hover, li a:focus-visible { border-color: var(--accent); outline: none; }
  li b { display: block; color: var(--accent); }
  li span { color: var(--quiet); font-size: .925rem; }
  pre { overflow-x: auto; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; font: .875rem/1.5 ui-monospace, monospace; }
  code { font: .925em ui-monospace, monospace; }
</style>
</head>
<body>
<main>
<h1>GraphQL gateway</h1>
<p>One graph over several services. Operations go to <code>POST /graphql</code>.</p>
<ul>
<li><a href="/graphql"><b>Apollo Sandbox</b><span>Explore the graph and run operations. Needs the internet.</span></a></li>
<li><a href="/graphiql"><b>GraphiQL</b><span>The same without the internet: it ships with the gateway.</span></a></li>
<li><a href="/health/ready"><b>Health</b><span>Shows whether every part of the graph has answered.</span></a></li>
<li><a href="/.well-known/jwks.json"><b>Public keys</b><span>The keys that verify access tokens.</span></a></li>
</ul>
<h2>How to log in</h2>
<p>Run the graph's log-in operation (the schema shows it among the mutations), then send the access token from its answer with every operation:</p>
<pre>Authorization: Bearer &lt;access token&gt;</pre>
<p>In Sandbox and in GraphiQL there is a tab for headers below the operation.</p>
</main>
</body>
</html>
`;

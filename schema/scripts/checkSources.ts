import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readSubgraphs } from './composition.ts';
import type { Sources } from './importDirections.ts';

const folders = ['kit', 'schema', 'gateway', 'workers', 'system', 'demo', 'spa', 'bench'];
const leftOut = /\/(dist|node_modules|test)\/|\.test\.ts$/;

/** Returns every source file of the packages, by its path from the root; without tests, which may import anything. */
export function readSources(root: URL): Sources {
  const subgraphs = readdirSync(new URL('subgraphs/', root)).map((name) => `subgraphs/${name}`);
  const parts = [...folders, ...subgraphs]
    .flatMap((folder) =>
      folder === 'schema' ? ['schema/src', 'schema/events', 'schema/scripts'] : [`${folder}/src`],
    )
    .filter((folder) => existsSync(new URL(folder, root)));
  const paths = parts.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path}`)
      .filter((path) => /\.tsx?$/.test(path) && !leftOut.test(path)),
  );
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

/** Returns every file that says which errors clients get: the servers' sources and the subgraphs' SDL, by its path. */
export function readAnsweringFiles(root: URL): ReadonlyMap<string, string> {
  const servers = [...readSources(root)].filter(([path]) =>
    /^(kit|gateway|subgraphs|schema\/src)\//.test(path),
  );
  const sdl = [...readSubgraphs()].map(([name, text]) => [`schema/sdl/${name}.graphql`, text] as const);
  return new Map([...servers, ...sdl]);
}

const citing = [...folders, 'subgraphs', 'tests', 'docs', 'README.md'];

/** Returns every file that may cite a rule, including tests and documents, by its path from the root. */
export function readCitingFiles(root: URL): ReadonlyMap<string, string> {
  const paths = citing.flatMap((place) =>
    place.includes('.')
      ? [place]
      : readdirSync(new URL(place, root), { recursive: true, encoding: 'utf8' }).map(
          (path) => `${place}/${path}`,
        ),
  );
  const wanted = paths.filter(
    (path) => /\.(tsx?|md|graphql)$/.test(path) && !/\/(dist|node_modules|\.types|generated)\//.test(path),
  );
  return new Map(wanted.map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

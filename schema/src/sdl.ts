import { readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';

export const subgraphNames = ['auth', 'tracker', 'accounting', 'analytics'] as const;
export type SubgraphName = (typeof subgraphNames)[number];

// Built, this file is one folder deeper. What the repository's own path holds tells nothing.
const root = import.meta.url.endsWith('.js') ? '../../' : '../';

/** Where a subgraph's SDL is. */
export const sdlFile = (name: SubgraphName): URL => new URL(`${root}sdl/${name}.graphql`, import.meta.url);

/** Where the composed supergraph is. */
export const supergraphFile = (): URL => new URL(`${root}supergraph.graphql`, import.meta.url);

/** A subgraph's SDL, read once, when its process starts. */
export const readSdl = (name: SubgraphName): DocumentNode => parse(readFileSync(sdlFile(name), 'utf8'));

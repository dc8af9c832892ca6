import { readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';

export const subgraphNames = ['auth', 'tracker', 'accounting', 'analytics'] as const;
export type SubgraphName = (typeof subgraphNames)[number];

/** Where a subgraph's SDL is: beside the sources, and copied beside what is built of them. */
export const sdlFile = (name: SubgraphName): URL => new URL(`../sdl/${name}.graphql`, import.meta.url);

/** A subgraph's SDL, read once, when its process starts. */
export const readSdl = (name: SubgraphName): DocumentNode => parse(readFileSync(sdlFile(name), 'utf8'));

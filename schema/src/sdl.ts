import { readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';

export const subgraphNames = ['auth', 'tracker', 'accounting', 'analytics'] as const;
export type SubgraphName = (typeof subgraphNames)[number];

/** The file of a subgraph's SDL: beside the sources, and copied beside the compiled files. */
export const sdlFile = (name: SubgraphName): URL => new URL(`../sdl/${name}.graphql`, import.meta.url);

/** Reads a subgraph's SDL; called once, when its process starts. */
export const readSdl = (name: SubgraphName): DocumentNode => parse(readFileSync(sdlFile(name), 'utf8'));

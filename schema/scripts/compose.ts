import { writeFileSync } from 'node:fs';
import { subgraphNames } from '../src/sdl.ts';
import { composeOrExit } from './composeOrExit.ts';
import { sizeOf } from './composition.ts';

/** `npm run compose`: the part of `npm run generate` that composes the subgraphs, and says what came of it. */
const graph = composeOrExit();
const { types, fields } = sizeOf(graph.api);
console.log(`${subgraphNames.join(', ')} compose to ${types} types with ${fields} fields.`);
for (const [path, text] of graph.files) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), text);
  console.log(`${path} is written.`);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { eventProblems, publishedSchemas } from './checkEvents.ts';
import { composeOrExit } from './composeOrExit.ts';
import { generatedFiles } from './generated.ts';
import { operationProblems, readOperations } from './operations.ts';

/**
 * `npm run generate`. Writes nothing where the app asks for what the graph does not have, or a published event would change
 * incompatibly.
 */
const root = new URL('../../', import.meta.url);
const graph = composeOrExit();
exitWith(operationProblems(readOperations(), graph.api));
const files = await generatedFiles(graph);
exitWith(eventProblems(publishedSchemas(root), files));
for (const [path, text] of files) {
  const file = new URL(path, root);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, text);
}

function exitWith(problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { eventProblems, publishedSchemas } from './checkEvents.ts';
import { composeOrExit } from './composeOrExit.ts';
import { generatedFiles } from './generated.ts';

/** `npm run generate`. Writes nothing where a published event would change incompatibly. */
const root = new URL('../../', import.meta.url);
const files = await generatedFiles(composeOrExit());
const problems = eventProblems(publishedSchemas(root), files);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
for (const [path, text] of files) {
  const file = new URL(path, root);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, text);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { acceptedBreakingChanges } from './acceptedBreakingChanges.ts';
import { apiHistory, compareApi } from './checkApi.ts';
import { codeProblems } from './checkCodes.ts';
import { driftProblems } from './checkDrift.ts';
import { eventProblems, publishedFolder, publishedSchemas } from './checkEvents.ts';
import { ruleProblems, rulesFile } from './checkRules.ts';
import { readAnsweringFiles, readCitingFiles, readSources } from './checkSources.ts';
import { composeOrExit } from './composeOrExit.ts';
import { apiFile } from './composition.ts';
import { generatedFiles } from './generated.ts';
import { layerViolations } from './importDirections.ts';
import { operationProblems, readOperations } from './operations.ts';

/** The last part of `npm run check`: generated files, contracts, codes of errors, import directions and cited rules. */
const root = new URL('../../', import.meta.url);
const graph = composeOrExit();
const api = graph.files.get(apiFile)!;
const history = apiHistory(root, api);
const comparison = await compareApi(history.earlier, api, acceptedBreakingChanges);
console.log(history.sentence);
// An entry may be stale without a mistake, such as after several commits became one.
if (history.isComplete && history.earlier.length > 0)
  for (const sentence of comparison.stale) console.log(sentence);

const misfits = operationProblems(readOperations(), graph.api);
const citing = readCitingFiles(root);
const problems = [
  ...comparison.problems,
  ...misfits,
  ...(misfits.length === 0 ? generatedProblems(await generatedFiles(graph)) : []),
  ...codeProblems(readAnsweringFiles(root)),
  ...layerViolations(readSources(root)).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`),
  ...ruleProblems(citing.get(rulesFile) ?? '', citing),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else
  console.log(
    'Generated files, events, the API schema, codes of errors, import directions and rules are in order.',
  );

/** Finds stale files, and published events that have changed. */
function generatedProblems(generated: ReadonlyMap<string, string>): string[] {
  const published = readdirSync(new URL(publishedFolder, root)).map((file) => `${publishedFolder}/${file}`);
  const onDisk = new Map(
    [...new Set([...generated.keys(), ...published])]
      .filter((path) => existsSync(new URL(path, root)))
      .map((path) => [path, readFileSync(new URL(path, root), 'utf8')]),
  );
  return [...driftProblems(generated, onDisk), ...eventProblems(publishedSchemas(root), generated)];
}

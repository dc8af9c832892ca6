import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { driftProblems } from './checkDrift.ts';
import { eventProblems, publishedFolder, publishedSchemas } from './checkEvents.ts';
import { ruleProblems, rulesFile } from './checkRules.ts';
import { readCitingFiles, readSources } from './checkSources.ts';
import { composeOrExit } from './composeOrExit.ts';
import { generatedFiles } from './generated.ts';
import { layerViolations } from './importDirections.ts';

/** The last part of `npm run check`: generated files, published events, import directions and cited rules. */
const root = new URL('../../', import.meta.url);
const generated = await generatedFiles(composeOrExit());
const published = readdirSync(new URL(publishedFolder, root)).map((file) => `${publishedFolder}/${file}`);
const onDisk = new Map(
  [...new Set([...generated.keys(), ...published])]
    .filter((path) => existsSync(new URL(path, root)))
    .map((path) => [path, readFileSync(new URL(path, root), 'utf8')]),
);
const citing = readCitingFiles(root);
const problems = [
  ...driftProblems(generated, onDisk),
  ...eventProblems(publishedSchemas(root), generated),
  ...layerViolations(readSources(root)).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`),
  ...ruleProblems(citing.get(rulesFile) ?? '', citing),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('Generated files, published events, import directions and rules are in order.');

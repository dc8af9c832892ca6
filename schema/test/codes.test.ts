import { describe, expect, it } from 'vitest';
import { codeProblems } from '../scripts/checkCodes.ts';
import { readAnsweringFiles } from '../scripts/checkSources.ts';

const root = new URL('../../', import.meta.url);

describe('codes of errors', () => {
  it('are those that are described, in the whole tree', () => {
    const files = readAnsweringFiles(root);
    expect(files.size).toBeGreaterThan(100);
    expect(codeProblems(files)).toEqual([]);
  });

  it.each([
    ['kit/src/a.ts', "throw new GraphQLError('', {\n extensions: { code: 'NO_NEST' } });", 2],
    ['gateway/src/a.ts', "throw refused(\n  'NO_NEST',\n  'There is no nest.');", 1],
    [
      'schema/sdl/a.graphql',
      'type Query {\n  "A nest. Errors: NOT_FOUND; NO_NEST where there is none."\n',
      2,
    ],
  ])('are named where they are not described: in %s', (path, text, line) => {
    const files = new Map([...readAnsweringFiles(root), [path, text]]);
    expect(codeProblems(files)).toEqual([
      `${path}:${line} gives the code NO_NEST, which schema/src/errorCodes.ts does not describe.`,
    ]);
  });

  it('are described only while something gives them', () => {
    expect(codeProblems(new Map())).toContain(
      'schema/src/errorCodes.ts describes CONFLICT, which nothing gives.',
    );
  });
});

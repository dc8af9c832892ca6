import { failureCodes, refusalCodes, requestCodes } from '../src/errorCodes.ts';

const codesFile = 'schema/src/errorCodes.ts';
const described = new Set(Object.keys({ ...refusalCodes, ...requestCodes, ...failureCodes }));

/** The codes of errors between our own parts, which the gateway shows to clients as INTERNAL. */
const inside = new Set(['DOWNSTREAM_SERVICE_ERROR']);

/** A code as it is given to a GraphQLError, a Refusal or a function that makes one. */
const given = /(?:\bcode: |\bRefusal\(\s*|\brefused\(\s*)'([A-Z_]+)'/g;
/** The codes that a description of the SDL names, which stand at its end. */
const errorsInSdl = /\bErrors: [^"]*/g;

/**
 * Finds codes of errors that are not described, and described ones that nothing gives.
 * @param texts the sources that answer clients, and the subgraphs' SDL, by path
 */
export function codeProblems(texts: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [path, text] of texts) {
    const found = path.endsWith('.graphql')
      ? [...text.matchAll(errorsInSdl)].flatMap(({ 0: errors, index }) =>
          (errors.match(/\b[A-Z][A-Z_]+\b/g) ?? []).map((code) => ({ code, index })),
        )
      : [...text.matchAll(given)].map(({ 1: code, index }) => ({ code: code!, index }));
    for (const { code, index } of found) {
      if (described.has(code) || inside.has(code)) continue;
      const line = text.slice(0, index).split('\n').length;
      problems.push(`${path}:${line} gives the code ${code}, which ${codesFile} does not describe.`);
    }
  }
  const others = [...texts].filter(([path]) => path !== codesFile).map(([, text]) => text);
  const unused = [...described].filter((code) => !others.some((text) => text.includes(`'${code}'`)));
  return [...problems, ...unused.map((code) => `${codesFile} describes ${code}, which nothing gives.`)];
}

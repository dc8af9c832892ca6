/** The file of the rules and the guarantees. */
export const rulesFile = 'docs/rules.md';

/** `rule 11`, `rules 10 and 12`, `rules 10, 12, 14`, in any file. */
const citation = /\b[Rr]ules? (\d+(?:(?:, | and |, and )\d+)*)/g;

/** `- In: `a.ts`, `b.ts``, on one or more lines. */
const filesPattern = /^- In:((?:\s*`[^`]+`,?)+)/gm;

/** `- Test: `file` "a part of its title"`. */
const testPattern = /^- Test: `([^`]+)` "(.+)"$/gm;

/**
 * Finds what is wrong with the rules: a cited rule that does not exist, a rule without a file or a test, and a file or
 * a title that does not exist.
 * @param rules the text of `docs/rules.md`
 * @param texts the files that may cite rules or be named by them, by path
 */
export function ruleProblems(rules: string, texts: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const numbers = new Set([...rules.matchAll(/^### Rule (\d+):/gm)].map(([, number]) => number));
  for (const [path, text] of texts) {
    if (path === rulesFile) continue;
    for (const match of text.matchAll(citation)) {
      for (const number of match[1]!.match(/\d+/g)!) {
        if (numbers.has(number)) continue;
        const line = text.slice(0, match.index).split('\n').length;
        problems.push(`${path}:${line} cites rule ${number}, which ${rulesFile} does not have.`);
      }
    }
  }
  for (const section of rules.split(/^(?=###? )/m).filter((part) => /^(### |## Who may)/.test(part))) {
    const title = section.slice(0, section.indexOf('\n')).replace(/^#+ /, '');
    const say = (what: string) => problems.push(`${rulesFile}: "${title}" ${what}`);
    const files = [...section.matchAll(filesPattern)].flatMap(([, list]) =>
      [...list!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!),
    );
    const tests = [...section.matchAll(testPattern)].map(([, path, name]) => ({ path: path!, name: name! }));
    if (files.length === 0) say('names no file that implements it.');
    if (tests.length === 0) say('names no test that fails without it.');
    for (const path of files) if (!texts.has(path)) say(`names ${path}, which does not exist.`);
    for (const { path, name } of tests)
      if (!texts.get(path)?.includes(name)) say(`names a test "${name}", which ${path} does not have.`);
  }
  return problems;
}

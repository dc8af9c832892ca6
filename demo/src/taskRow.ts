import { createHash } from 'node:crypto';

/** A row that can be sent. */
export interface TaskRow {
  /** The line its record begins in; the header is line 1. */
  readonly line: number;
  /** As typed: a leading `[POPUG-42] - ` is the tracker's to split (rule 3). */
  readonly title: string;
  readonly description: string;
  readonly jiraId: string | null;
  /** The jira id, from whichever column it stands in; null for a task without one. */
  readonly identity: string | null;
  /** The same for the same identity in every import, which is what keeps a task from being made twice. */
  readonly idempotencyKey: string;
}

/** What is wrong with a row: a sentence without its full stop, to go behind `line 7: `. */
export interface Problem {
  readonly line: number;
  readonly sentence: string;
}

const maxTitleLength = 200;
const maxDescriptionLength = 10_000;
const jiraIdPattern = /^[A-Z][A-Z0-9]{1,15}-\d{1,9}$/;

/** The texts of one row, checked. Lengths count characters as a person does, not UTF-16 units. */
export function checkRow(
  text: { title: string; description: string; jiraId: string },
  line: number,
): TaskRow | Problem {
  const title = text.title.trim();
  // One kind of line end, so that a file saved on another system is still the same file.
  const description = text.description.replace(/\r\n?/g, '\n').trim();
  const jiraId = text.jiraId.trim() || null;
  const inTitle = /^\[([^[\]]*)\] - (.*)$/su.exec(title);
  const identity = jiraId ?? inTitle?.[1] ?? null;
  const bareTitle = inTitle ? inTitle[2]!.trimStart() : title;

  const wrong = (sentence: string): Problem => ({ line, sentence });
  if (title === '') return wrong('the title is empty');
  if (/\p{Cc}/u.test(title)) return wrong('the title has a line break or another control character in it');
  if (/[[\]]/.test(bareTitle))
    return wrong(
      'the title has [ or ] in it, which may only stand in front, as in "[POPUG-42] - Clean the cage"',
    );
  if (inTitle && jiraId !== null)
    return wrong('the title begins with a jira id and there is one in its own column: keep one of them');
  const titleLength = [...bareTitle].length;
  if (titleLength > maxTitleLength)
    return wrong(`the title has ${titleLength} characters; ${maxTitleLength} are the most`);
  if (identity !== null && !jiraIdPattern.test(identity))
    return wrong(
      `${shown(identity)} is not a jira id: it must look like POPUG-42, in capital letters, digits and one hyphen`,
    );
  if (/[^\P{Cc}\n\t]/u.test(description)) return wrong('the description has a control character in it');
  const descriptionLength = [...description].length;
  if (descriptionLength > maxDescriptionLength)
    return wrong(`the description has ${descriptionLength} characters; ${maxDescriptionLength} are the most`);
  return { line, title, description, jiraId, identity, idempotencyKey: keyOf(identity, title, description) };
}

/** Stable over imports; hashed because a key is short and a description is not. */
function keyOf(identity: string | null, title: string, description: string): string {
  const parts = identity === null ? ['text', title, description] : ['jira', identity];
  return `import-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;
}

const shown = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

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

/**
 * A row of a file, tidied. What a title, a jira id and a description may be is the tracker's to say, and it says so for
 * each row; this reads no more than what makes two rows the same task.
 */
export function readRow(text: { title: string; description: string; jiraId: string }, line: number): TaskRow {
  const title = text.title.trim();
  // One kind of line end, so that a file saved on another system is still the same file.
  const description = text.description.replace(/\r\n?/g, '\n').trim();
  const jiraId = text.jiraId.trim() || null;
  const identity = jiraId ?? (/^\[([^[\]]*)\]/.exec(title)?.[1]?.trim() || null);
  return { line, title, description, jiraId, identity, idempotencyKey: keyOf(identity, title, description) };
}

/** Stable over imports; hashed because a key is short and a description is not. */
function keyOf(identity: string | null, title: string, description: string): string {
  const parts = identity === null ? ['text', title, description] : ['jira', identity];
  return `import-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;
}

/** What a person knows a row by, short enough for a sentence. */
export function nameOf({ identity }: TaskRow): string | null {
  return identity !== null && identity.length > 40 ? `${identity.slice(0, 40)}…` : identity;
}

import { createHash } from 'node:crypto';

/** A row that can be sent. */
export interface TaskRow {
  /** The line its record begins in; the header is line 1. */
  readonly line: number;
  /** As typed: tracker splits off a leading `[POPUG-42] - ` (rule 3). */
  readonly title: string;
  readonly description: string;
  readonly jiraId: string | null;
  /** The jira id, from its column or from the title; null for a task without one. */
  readonly identity: string | null;
  /** The same for the same task in every import, so that no task is made twice. */
  readonly idempotencyKey: string;
}

/** What is wrong with a row: a sentence without its full stop, shown after `line 7: `. */
export interface Problem {
  readonly line: number;
  readonly sentence: string;
}

/**
 * Returns a row of a file, tidied. Tracker validates the title, the jira id and the description of each row. This
 * function only reads what decides whether two rows are the same task.
 */
export function readRow(text: { title: string; description: string; jiraId: string }, line: number): TaskRow {
  const title = text.title.trim();
  // One kind of line end, so that a file saved on another system still has the same keys.
  const description = text.description.replace(/\r\n?/g, '\n').trim();
  const jiraId = text.jiraId.trim() || null;
  const identity = jiraId ?? (/^\[([^[\]]*)\]/.exec(title)?.[1]?.trim() || null);
  return { line, title, description, jiraId, identity, idempotencyKey: keyOf(identity, title, description) };
}

/** Returns a key that is the same in every import. Hashed, because a key is short and a description is not. */
function keyOf(identity: string | null, title: string, description: string): string {
  const parts = identity === null ? ['text', title, description] : ['jira', identity];
  return `import-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;
}

/** Returns the jira id by which people recognise a row, short enough for a sentence. */
export function nameOf({ identity }: TaskRow): string | null {
  return identity !== null && identity.length > 40 ? `${identity.slice(0, 40)}…` : identity;
}

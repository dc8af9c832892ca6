import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { nameOf, type Problem, readRow, type TaskRow } from './taskRow.ts';

/** The largest file that is read, in bytes. */
export const maxFileBytes = 20 * 1024 * 1024;
/** The most rows that are imported at a time. */
export const maxRows = 20_000;

/** Says in one sentence why nothing can be imported from a file. */
export class FileError extends Error {
  override name = 'FileError';
}

export interface Backlog {
  /** Rows below the header, good and bad. */
  readonly rowCount: number;
  readonly rows: readonly TaskRow[];
  readonly problems: readonly Problem[];
}

/**
 * Checks that there is a file, and that it is not too large.
 * @throws FileError where one of these is not so.
 */
export async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new FileError(`${file} cannot be read: ${why}.`);
  });
  if (!found.isFile()) throw new FileError(`${file} is not a file.`);
  if (found.size > maxFileBytes)
    throw new FileError(
      `${file} is longer than ${maxFileBytes / 1024 / 1024} MB: split it into several files.`,
    );
}

/**
 * Reads a CSV file of tasks, row by row.
 * @throws FileError where the file or its header is wrong, so that no row can be trusted.
 */
export async function readBacklog(file: string): Promise<Backlog> {
  await checkFile(file);
  const reader = createRowReader(basename(file));
  const parser = parse({
    bom: true,
    // All three kinds of line end, whatever the first line has: a file may be pasted together from several.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: maxFileBytes,
    // Rows are taken here and not from the stream: at a broken quote, the stream drops the rows that it holds, and
    // those are good.
    on_record: (cells: string[]) => {
      reader.take(cells);
      return null;
    },
  });
  try {
    await pipeline(createReadStream(file), decodeUtf8(), parser, discard());
  } catch (error) {
    if (error instanceof CsvError) reader.breakOff(error.code);
    else if (error instanceof FileError) throw error;
    else throw new FileError(`${file} cannot be read: ${(error as Error).message}.`);
  }
  return reader.finish();
}

type Column = 'title' | 'description' | 'jiraId';

/** Turns records into rows and counts their lines. */
function createRowReader(name: string) {
  let nextLine = 1;
  let columns: Column[] | undefined;
  let rowCount = 0;
  const rows: TaskRow[] = [];
  const problems: Problem[] = [];
  /** The line of the first row of each task, by its key, to find a second row. */
  const seen = new Map<string, number>();

  const add = (cells: string[], line: number): void => {
    if (cells.length !== columns!.length) {
      const found = cells.length === 1 ? '1 column' : `${cells.length} columns`;
      const sentence = `the row has ${found} instead of ${columns!.length}: put quotes around a text with commas or line breaks in it`;
      problems.push({ line, sentence });
      return;
    }
    const text: Record<Column, string> = { title: '', description: '', jiraId: '' };
    for (const [index, column] of columns!.entries()) text[column] = cells[index]!;
    const row = readRow(text, line);
    const firstLine = seen.get(row.idempotencyKey);
    if (firstLine !== undefined) {
      const what = nameOf(row) ?? 'a task of this title and description';
      problems.push({ line, sentence: `${what} is in line ${firstLine} already` });
      return;
    }
    seen.set(row.idempotencyKey, line);
    rows.push(row);
  };

  return {
    take(cells: string[]): void {
      const line = nextLine;
      // The parser itself counts a CR LF inside quotes as two lines.
      nextLine += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
      if (cells.length === 1 && cells[0]!.trim() === '') return;
      if (!columns) {
        columns = readHeader(cells, name);
        return;
      }
      rowCount++;
      if (rowCount > maxRows)
        throw new FileError(`${name} has more than ${maxRows} rows: split it into several files.`);
      add(cells, line);
    },
    /** Stops the reading: everything from here on may be misread, and a misread task would cost its assignee a fee. */
    breakOff(code: string): void {
      if (!columns)
        throw new FileError(`${name} is not CSV: the quotation marks in its header do not match.`);
      const why =
        code === 'CSV_QUOTE_NOT_CLOSED'
          ? 'a quotation mark that is opened here is never closed'
          : 'the quotation marks of the row that begins here do not match (inside quotes, write " as "")';
      rowCount++;
      problems.push({ line: nextLine, sentence: `${why}; from here on nothing was read` });
    },
    finish(): Backlog {
      if (!columns)
        throw new FileError(`${name} is empty: its first line must be "title,description,jira id".`);
      return { rowCount, rows, problems };
    },
  };
}

function readHeader(cells: string[], name: string): Column[] {
  const columns = cells.map((cell): Column => {
    const plain = cell.trim().toLowerCase();
    if (plain === 'title' || plain === 'description') return plain;
    if (/^jira[ _-]?id$/.test(plain)) return 'jiraId';
    const shown = JSON.stringify(cell.length > 60 ? `${cell.slice(0, 60)}…` : cell);
    const hint = /[;\t]/.test(cell) ? ' Separate columns by commas.' : '';
    throw new FileError(
      `${name} has a column ${shown}, which is not known: the columns are title, description and jira id.${hint}`,
    );
  });
  if (new Set(columns).size < columns.length) throw new FileError(`${name} has one column twice.`);
  if (!columns.includes('title')) throw new FileError(`${name} has no column "title" in its first line.`);
  return columns;
}

/** Refuses text that is not UTF-8: a name without its accents would stay in the imported task for ever. */
function decodeUtf8(): Transform {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk: Buffer | undefined): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new FileError('The file is not UTF-8 text: save it as "CSV UTF-8".');
    }
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        done(null, decode(chunk));
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      try {
        done(null, decode(undefined));
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

const discard = () => new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });

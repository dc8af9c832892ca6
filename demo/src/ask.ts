import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks the user at the terminal for one line; returns null where the user ends the input (Ctrl-C, Ctrl-D). */
export function ask(question: string): Promise<string | null> {
  return readLine(question, process.stderr);
}

/** Does the same as `ask`, but does not show what is typed. */
export async function askSecret(question: string): Promise<string | null> {
  // The line editor echoes to its output. So we write the question, and the editor's output shows nothing.
  process.stderr.write(question);
  const answer = await readLine('', new Writable({ write: (_chunk, _encoding, done) => done() }));
  process.stderr.write('\n');
  return answer;
}

function readLine(question: string, output: NodeJS.WritableStream): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
    let answer: string | null = null;
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => resolve(answer));
    lines.question(question, (line) => {
      answer = line;
      lines.close();
    });
  });
}

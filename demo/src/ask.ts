import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Asks whoever sits at the terminal for one line; null where they end the input instead (Ctrl-C, Ctrl-D). */
export function ask(question: string): Promise<string | null> {
  return readLine(question, process.stderr);
}

/** As `ask`, and shows nothing of what is typed. */
export async function askSecret(question: string): Promise<string | null> {
  // The line editor echoes to its output; so it gets one that shows the question, which we write, and nothing else.
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

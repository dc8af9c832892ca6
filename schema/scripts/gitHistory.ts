import { execFileSync } from 'node:child_process';

/** Runs git in a folder and returns what it prints. @throws Error where there is no git, or no commit. */
export const git = (folder: URL, ...args: string[]): string =>
  execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/**
 * Returns every state in which a file was committed, newest first.
 * @param path from `folder`
 * @throws Error where there is no git, or no commit.
 */
export const committedStates = (folder: URL, path: string): string[] =>
  git(folder, 'log', '--format=%H', '--diff-filter=AM', '--', path)
    .split('\n')
    .filter((commit) => commit !== '')
    .map((commit) => git(folder, 'show', `${commit}:./${path}`));

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findSecret, loadSecret } from '../../src/stores/secrets.ts';
import { refusal, scratch } from './scratch.ts';

const here = dirname(fileURLToPath(import.meta.url));

describe('the secrets', () => {
  it('are made once, and readable by their owner only, whatever a copy did to them', () => {
    const directory = join(scratch(), 'data');
    const secret = loadSecret(directory, 'internalSecret');
    const file = join(directory, 'secrets.json');
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    expect(loadSecret(directory, 'internalSecret')).toBe(secret);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadSecret(scratch(), 'internalSecret')).not.toBe(secret);
    expect(findSecret(directory, 'databaseSecret')).toBeUndefined();
    expect(readdirSync(directory)).toEqual(['secrets.json']);
    expect(loadSecret(directory, 'databaseSecret')).not.toBe(secret);
    expect(findSecret(directory, 'databaseSecret')).toBe(loadSecret(directory, 'databaseSecret'));
    expect(statSync(join(directory, 'database-secret.json')).mode & 0o777).toBe(0o600);
  });

  it('are the same for all processes that start at once', { timeout: 20_000 }, async () => {
    const directory = scratch();
    const program = `import { loadSecret } from '${join(here, '../../src/stores/secrets.ts')}';
      console.log(loadSecret(${JSON.stringify(directory)}, 'internalSecret'))`;
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--conditions=source', '--input-type=module', '--eval', program],
          { cwd: join(here, '../../..'), stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let answer = '';
        child.stdout.on('data', (data) => {
          answer += data;
        });
        await once(child, 'close');
        return answer.trim();
      }),
    );
    const { internalSecret } = JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8'));
    expect(answers).toEqual(answers.map(() => internalSecret));
  });

  it('are never made anew over a damaged file, nor quoted from it', async () => {
    const directory = scratch();
    writeFileSync(join(directory, 'secrets.json'), '{"internalSecret": "0123456789abcdef');
    const message = await refusal(Promise.resolve().then(() => loadSecret(directory, 'internalSecret')));
    expect(message).toMatch(/^SettingError: DATA_DIR holds a .*secrets\.json that is damaged/);
    expect(message).not.toContain('0123456789abcdef');
  });

  it('name DATA_DIR and the path where they cannot be kept', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect(
      await refusal(Promise.resolve().then(() => loadSecret(join(file, 'data'), 'internalSecret'))),
    ).toMatch(/^SettingError: DATA_DIR must be a directory that can be written; .*file\/data cannot/);
  });
});

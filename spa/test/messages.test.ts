import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTranslator } from 'use-intl/core';
import { expect, test } from 'vitest';
import en from '../src/i18n/en.ts';
import ru from '../src/i18n/ru.ts';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** Every message by its path. */
function flat(messages: object, before = ''): [string, string][] {
  return Object.entries(messages).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[before + name, value]] : flat(value as object, `${before}${name}.`),
  );
}

/** What a message wants to be told, such as `count`. */
const wants = (message: string) =>
  [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name as string))].sort();

const russian = new Map(flat(ru));

test.each(flat(en))('%s says the same in both languages', (path, message) => {
  const translated = russian.get(path) as string;
  expect(wants(translated)).toEqual(wants(message));
  const given = Object.fromEntries(
    wants(message).map((name) => [name, /count|total|processed|paid/.test(name) ? 5 : 'x']),
  );
  const problems: unknown[] = [];
  for (const [locale, messages] of [
    ['en', en],
    ['ru', ru],
  ] as const) {
    const t = createTranslator({
      locale,
      messages: messages as typeof en,
      onError: (error) => problems.push(error),
    });
    expect(t(path as never, given as never)).not.toContain('{');
  }
  expect(problems).toEqual([]);
});

test('neither language has messages that the other has not', () => {
  expect([...russian.keys()].sort()).toEqual(
    flat(en)
      .map(([path]) => path)
      .sort(),
  );
});

test('every message is used', () => {
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('i18n'))
    .map((path) => readFileSync(join(src, path), 'utf8'))
    .join('\n');
  // By name, or by a name of which a part is made up.
  const unused = flat(en).filter(([path]) => {
    const name = path.split('.').at(-1) as string;
    return !new RegExp(`\\b${name}\\b`).test(sources);
  });
  expect(unused.map(([path]) => path)).toEqual([]);
});

test('Russian counts as it does', () => {
  const t = createTranslator({ locale: 'ru', messages: ru as unknown as typeof en });
  expect([1, 2, 5, 21].map((count) => t('people.count', { count }))).toEqual([
    '1 человек',
    '2 человека',
    '5 человек',
    '21 человек',
  ]);
});

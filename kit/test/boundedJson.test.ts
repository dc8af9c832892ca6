import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundAnswer, writeAnswer } from '../src/graph/boundedJson.ts';

const refused = (text: string) => JSON.parse(text).errors?.[0]?.extensions?.code === 'BAD_USER_INPUT';

test('what fits is written as JSON.stringify writes it; what does not is an error; and the bound is in bytes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 300 }), (value, maxBytes) => {
      const written = writeAnswer({ data: value }, maxBytes);
      const whole = JSON.stringify({ data: value });
      if (written === whole) expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(maxBytes);
      else {
        expect(refused(written)).toBe(true);
        // Only escapes and separators are estimated, so nothing clearly below the bound is refused.
        expect(Buffer.byteLength(whole) * 2 + 20).toBeGreaterThan(maxBytes);
      }
    }),
  );
});

test.each([
  ['letters of three bytes', '長'.repeat(400), 1_000],
  ['characters that are escaped', '\u0001'.repeat(300), 1_000],
])('%s count as what they take', (_, text, maxBytes) => {
  expect(refused(writeAnswer({ data: text }, maxBytes))).toBe(true);
  expect(refused(writeAnswer({ data: text }, 10 * maxBytes))).toBe(false);
});

test('an object that stands in many places is refused before its text is made', () => {
  let value: unknown = 'x'.repeat(1_000);
  // 10^9 times the same text: no string could hold it.
  for (let level = 0; level < 9; level++) value = Array.from({ length: 10 }, () => value);
  expect(refused(writeAnswer({ data: value }, 16_000_000))).toBe(true);
  expect(boundAnswer({ data: value }, 16_000_000)).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  });
});

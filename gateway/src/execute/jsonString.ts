/**
 * Returns the same text, held with one byte for each character where it is ASCII. V8 holds a name that was cut from a
 * text with two bytes for each character in the same way, and one such part makes a whole answer twice as long in
 * memory: too long for the heap's young generation, which took a third of a large answer's time.
 */
export function oneByte(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length === text.length ? bytes.toString('latin1') : text;
}

/** What JSON does not hold as it is: control characters, quotes, backslashes and halves of surrogate pairs. */
const needsEscape = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** Returns a string as JSON. The test is cheaper than `JSON.stringify` for the short strings of most answers. */
export const quoted = (text: string): string => (needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`);

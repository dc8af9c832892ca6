import { GraphQLError } from 'graphql';

/** The error of an answer that is longer than it may be; the same code as of one that is refused beforehand. */
const tooLarge = (maxBytes: number) =>
  new GraphQLError(`The answer has more than ${maxBytes} bytes. Ask for less in one operation.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });

/**
 * The JSON text of an answer, a line as Apollo Server writes it, or of an error in its place where it is longer than
 * `maxBytes`. Nothing is written before it is known to fit: an object that stands in many places is small in memory and
 * may be gigantic as a text.
 */
export function writeAnswer(answer: unknown, maxBytes: number): string {
  if (fits(answer, maxBytes)) {
    const text = `${JSON.stringify(answer)}\n`;
    // A character has three bytes at most, and most texts are far from the bound.
    if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  }
  return `${JSON.stringify({ errors: [tooLarge(maxBytes).toJSON()] })}\n`;
}

/** The same answer, or an error in its place where its text would be longer than `maxBytes`, for those who write it themselves. */
export function boundAnswer<Answer extends object>(
  answer: Answer,
  maxBytes: number,
): Answer | { errors: readonly GraphQLError[] } {
  return fits(answer, maxBytes) ? answer : { errors: [tooLarge(maxBytes)] };
}

/** True where a value's JSON text has at most so many characters; stops as soon as it has more. */
function fits(value: unknown, maxCharacters: number): boolean {
  let left = maxCharacters;
  /** Takes a value off what is left; false where nothing is. */
  const take = (each: unknown): boolean => {
    if (typeof each === 'string') left -= each.length + 3;
    else if (typeof each !== 'object' || each === null) left -= 4;
    else if (Array.isArray(each)) {
      left -= 2;
      for (let at = 0; at < each.length && left > 0; at++) if (!take(each[at])) return false;
    } else {
      left -= 2;
      const fields = each as Record<string, unknown>;
      for (const key in fields) {
        left -= key.length + 4;
        if (left < 0 || !take(fields[key])) return false;
      }
    }
    return left >= 0;
  };
  return take(value);
}

import { GraphQLError } from 'graphql';

/** Returns the error of an answer that is too long; its code is that of an operation that is refused before it runs. */
export const answerTooLong = (maxBytes: number) =>
  new GraphQLError(`The answer has more than ${maxBytes} bytes. Ask for less in one operation.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });

/**
 * Returns an answer as JSON, or an error instead where it has more than `maxBytes`. The size is checked before the text
 * is made: an object that is referenced many times is small in memory but huge as a text.
 */
export function writeAnswer(answer: unknown, maxBytes: number): string {
  if (fits(answer, maxBytes)) {
    const text = JSON.stringify(answer);
    // A character has at most three bytes, so most texts need not be counted.
    if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  }
  return JSON.stringify({ errors: [answerTooLong(maxBytes).toJSON()] });
}

/** Returns the answer itself, or an error where its JSON would have more than `maxBytes`. */
export function boundAnswer<Answer extends object>(
  answer: Answer,
  maxBytes: number,
): Answer | { errors: readonly GraphQLError[] } {
  return fits(answer, maxBytes) ? answer : { errors: [answerTooLong(maxBytes)] };
}

/** True where a value's JSON has at most so many characters; stops counting at the first one too many. */
function fits(value: unknown, maxCharacters: number): boolean {
  let left = maxCharacters;
  /** Subtracts a value's length; false where nothing is left. */
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

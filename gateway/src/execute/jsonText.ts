import { answerTooLong, writeAnswer } from '@ates/kit/graph/boundedJson';

/**
 * The data of an answer, written as JSON already. `JSON.stringify` takes it too, but has to parse it first; so
 * `writeResult` and `writeBounded` are for every answer that may have it.
 */
export class JsonText {
  /** Lets it stand where an answer's data stands. */
  [key: string]: unknown;
  /** The JSON, in parts: joined only once, together with what stands around it. */
  readonly parts: readonly string[];

  constructor(parts: readonly string[]) {
    this.parts = parts;
  }

  toJSON(): unknown {
    return JSON.parse(this.parts.join(''));
  }
}

/** Returns an answer as JSON. */
export function writeResult(result: object): string {
  return partsOf(result).join('');
}

function partsOf(result: object): string[] {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(result)) {
    const written = value instanceof JsonText ? value.parts : [JSON.stringify(value)];
    if (written[0] === undefined) continue;
    parts.push(`${parts.length === 0 ? '{' : ','}${JSON.stringify(key)}:`);
    for (const part of written) parts.push(part);
  }
  parts.push(parts.length === 0 ? '{}' : '}');
  return parts;
}

/** Returns an answer as JSON, or an error instead where it has more than `maxBytes`. */
export function writeBounded(result: object, maxBytes: number): string {
  if (!('data' in result && result.data instanceof JsonText)) return writeAnswer(result, maxBytes);
  const text = writeResult(result);
  // A character has at most three bytes, so most texts need not be counted.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  return writeAnswer({ errors: [answerTooLong(maxBytes)] }, maxBytes);
}

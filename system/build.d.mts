/** Something that is built from sources, and kept until they change. */
export interface Target {
  readonly what: string;
}
export const app: Target;
export const system: Target;

/** @throws Error whose message says why where it can't be built and never was. */
export function build(
  target: Target,
  how: { say: (line: string) => void; warn: (line: string) => void; signal: AbortSignal },
): Promise<void>;

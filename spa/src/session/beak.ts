/** A beak as the picker draws it: each part is a step from 0 to 9. */
export interface Beak {
  readonly length: number;
  readonly curve: number;
  readonly hook: number;
}

/** The number of steps of each part. */
export const beakSteps = 10;

const words = {
  length: [
    'stubby',
    'tiny',
    'short',
    'compact',
    'middling',
    'lengthy',
    'long',
    'extended',
    'grand',
    'endless',
  ],
  curve: ['straight', 'level', 'slight', 'gentle', 'easy', 'rounded', 'bent', 'arched', 'bowed', 'coiled'],
  hook: ['blunt', 'soft', 'even', 'neat', 'pointed', 'keen', 'hooked', 'clawed', 'sickle', 'barbed'],
} as const satisfies Record<keyof Beak, readonly string[]>;

/** The word for a step of a part. */
export const wordOf = (part: keyof Beak, step: number): string => words[part][step] ?? '';

/** The text of a drawn beak. It is the same in every language, because auth compares it. */
export const textOfBeak = ({ length, curve, hook }: Beak): string =>
  `${words.length[length]}, ${words.curve[curve]}, ${words.hook[hook]}`;

/** The beak that a text was made from; undefined where the text is not one of a drawn beak. */
export function beakOfText(text: string): Beak | undefined {
  const [length, curve, hook, ...rest] = text.split(', ');
  const beak = {
    length: (words.length as readonly string[]).indexOf(length ?? ''),
    curve: (words.curve as readonly string[]).indexOf(curve ?? ''),
    hook: (words.hook as readonly string[]).indexOf(hook ?? ''),
  };
  return rest.length === 0 && Object.values(beak).every((step) => step >= 0) ? beak : undefined;
}

/** The area that every beak fits into, with room for the head at the left, in the units of the outline. */
export const paper = { left: -90, top: 8, width: 330, height: 206 } as const;

/** The outline of a beak on the paper: SVG paths for its upper and its lower half, and the point of its tip. */
export function outlineOfBeak({ length, curve, hook }: Beak): {
  upper: string;
  lower: string;
  tip: [number, number];
} {
  const reach = 80 + length * 12;
  const drop = curve * 8;
  const tipX = 20 + reach - hook * 2;
  const tipY = 90 + drop + hook * 5;
  const lowerX = 20 + reach * 0.62;
  const lowerY = 104 + drop * 0.55;
  return {
    upper: `M20 52 C ${20 + reach * 0.55} ${44 - curve}, ${20 + reach} ${58 + drop * 0.5}, ${tipX} ${tipY} C ${tipX - 6 - hook} ${tipY - 14 - hook}, ${20 + reach * 0.6} ${92 + drop * 0.45}, 20 96 Z`,
    lower: `M20 98 C ${20 + reach * 0.3} ${98 + drop * 0.2}, ${lowerX - 10} ${lowerY - 6}, ${lowerX} ${lowerY} C ${lowerX - 20} ${lowerY + 16}, ${20 + reach * 0.25} 126, 20 122 Z`,
    tip: [tipX, tipY],
  };
}

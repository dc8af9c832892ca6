/** A beak as the picker draws it: each part in so many steps. */
export interface Beak {
  readonly length: number;
  readonly curve: number;
  readonly hook: number;
}

/** The steps of each part, from 0. */
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

/** What a step of a part is called. */
export const wordOf = (part: keyof Beak, step: number): string => words[part][step] ?? '';

/** The text that a drawn beak stands for: the same in every language, as it is what auth compares. */
export const textOfBeak = ({ length, curve, hook }: Beak): string =>
  `${words.length[length]}, ${words.curve[curve]}, ${words.hook[hook]}`;

/** The beak that a text stands for; undefined where it is words of one's own. */
export function beakOfText(text: string): Beak | undefined {
  const [length, curve, hook, ...rest] = text.split(', ');
  const beak = {
    length: (words.length as readonly string[]).indexOf(length ?? ''),
    curve: (words.curve as readonly string[]).indexOf(curve ?? ''),
    hook: (words.hook as readonly string[]).indexOf(hook ?? ''),
  };
  return rest.length === 0 && Object.values(beak).every((step) => step >= 0) ? beak : undefined;
}

/** The paper that every beak fits on, with room for the head at its left; in the units of its outline. */
export const paper = { left: -90, top: 8, width: 330, height: 206 } as const;

/** The outline of a beak on the paper, as an SVG path for the upper and one for the lower half. */
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

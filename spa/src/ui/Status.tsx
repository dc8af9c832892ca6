import { Badge } from '@mantine/core';

/** A state in one word, coloured by tone: `busy` is under way, `good` has succeeded, `past` no longer matters. */
export function Status({ tone, children }: { tone: 'busy' | 'good' | 'past'; children: string }) {
  const colours = {
    busy: ['orange', 'var(--busy)'],
    good: ['parrot', 'var(--gain)'],
    past: ['gray', 'dimmed'],
  } as const;
  const [color, c] = colours[tone];
  return (
    <Badge variant="light" color={color} c={c} style={{ flexShrink: 0, minWidth: 'max-content' }}>
      {children}
    </Badge>
  );
}

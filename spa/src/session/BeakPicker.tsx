import { Box, Button, Group, Slider, Stack, Text } from '@mantine/core';
import { IconDice5 } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { type Beak, beakOfText, beakSteps, outlineOfBeak, paper, textOfBeak, wordOf } from './beak.ts';

const parts = ['length', 'curve', 'hook'] as const;
const middling: Beak = { length: 4, curve: 5, hook: 4 };

/** Lets the user draw a beak, which gives a text. A text that is no drawn beak leaves the drawing as it was. */
export function BeakPicker({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const t = useTranslations('beak');
  const [drawn, setDrawn] = useState(() => beakOfText(value) ?? middling);
  // An empty field gets the text of the first drawing. A typed text stays until the drawing is changed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, at the start; a text that is cleared later stays so
  useEffect(() => {
    if (value === '') onChange(textOfBeak(drawn));
  }, []);
  const draw = (beak: Beak) => {
    setDrawn(beak);
    onChange(textOfBeak(beak));
  };
  const any = () => Math.floor(Math.random() * beakSteps);
  return (
    <Stack gap="xs">
      <Box bg="var(--mantine-color-default-hover)" style={{ borderRadius: 'var(--mantine-radius-md)' }}>
        <BeakDrawing beak={drawn} label={t('drawing', { shape: textOfBeak(drawn) })} />
      </Box>
      <Text size="sm" ta="center" c="dimmed">
        {textOfBeak(drawn)}
      </Text>
      {parts.map((part) => (
        <Group key={part} gap="sm" wrap="nowrap">
          <Text size="sm" w={80} id={`beak-${part}`}>
            {t(part)}
          </Text>
          <Slider
            flex={1}
            min={0}
            max={beakSteps - 1}
            value={drawn[part]}
            label={null}
            onChange={(step) => draw({ ...drawn, [part]: step })}
            thumbProps={{ 'aria-labelledby': `beak-${part}`, 'aria-valuetext': wordOf(part, drawn[part]) }}
          />
        </Group>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<IconDice5 size={16} />}
        onClick={() => draw({ length: any(), curve: any(), hook: any() })}
      >
        {t('any')}
      </Button>
    </Stack>
  );
}

function BeakDrawing({ beak, label }: { beak: Beak; label: string }) {
  const { upper, lower } = outlineOfBeak(beak);
  return (
    <svg viewBox={Object.values(paper).join(' ')} width="100%" height="150" role="img" aria-label={label}>
      <circle cx="-10" cy="84" r="62" fill="var(--mantine-color-teal-6)" />
      <circle cx="4" cy="62" r="11" fill="#fff" />
      <circle cx="7" cy="63" r="5.5" fill="#1b2326" />
      <path d={lower} fill="var(--mantine-color-orange-7)" />
      <path d={upper} fill="var(--mantine-color-orange-5)" />
      <circle cx="34" cy="68" r="3" fill="var(--mantine-color-orange-9)" />
    </svg>
  );
}

import { SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { BeakPicker } from './BeakPicker.tsx';

/** A new shape of a beak, in words or drawn. It is shown: whoever sets it passes it on. */
export function BeakField({
  value,
  error,
  onChange,
}: {
  value: string;
  error?: string | undefined;
  onChange: (shape: string) => void;
}) {
  const t = useTranslations('logIn');
  const [way, setWay] = useState('text');
  return (
    <Stack gap={6}>
      <TextInput
        label={t('shape')}
        autoComplete="off"
        value={value}
        error={error}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <SegmentedControl
        size="xs"
        value={way}
        onChange={setWay}
        aria-label={t('shape')}
        data={[
          { value: 'text', label: t('byText') },
          { value: 'hand', label: t('byHand') },
        ]}
      />
      {way === 'hand' && <BeakPicker value={value} onChange={onChange} />}
    </Stack>
  );
}

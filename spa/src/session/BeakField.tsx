import { SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { BeakPicker } from './BeakPicker.tsx';

/** The field for a new beak shape, in words or drawn. The text stays visible, so that the admin can pass it on. */
export function BeakField({
  value,
  error,
  onChange,
}: {
  value: string;
  error?: string | undefined;
  onChange: (shape: string) => void;
}) {
  const t = useTranslations();
  const [way, setWay] = useState('text');
  return (
    <Stack gap={6}>
      <TextInput
        label={t('beak.theirs')}
        autoComplete="off"
        value={value}
        error={error}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <SegmentedControl
        size="xs"
        value={way}
        onChange={setWay}
        aria-label={t('beak.theirs')}
        data={[
          { value: 'text', label: t('logIn.byText') },
          { value: 'hand', label: t('logIn.byHand') },
        ]}
      />
      {way === 'hand' && <BeakPicker value={value} onChange={onChange} />}
    </Stack>
  );
}

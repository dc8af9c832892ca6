import type { ErrorLike } from '@apollo/client';
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useTellProblem } from './problems.tsx';

/** The button below a list that reads its next page. Nothing where there is none. */
export function ShowMore({
  page,
  read,
}: {
  page: { hasNextPage: boolean; endCursor: string | null } | undefined;
  /** Reads the page after a cursor. */
  read: (after: string | null) => Promise<{ error?: ErrorLike | undefined }>;
}) {
  const t = useTranslations('common');
  const tellProblem = useTellProblem();
  const [isReading, setIsReading] = useState(false);
  if (!page?.hasNextPage) return null;
  const more = async () => {
    setIsReading(true);
    const { error } = await read(page.endCursor).catch((error: ErrorLike) => ({ error }));
    if (error) tellProblem(error);
    setIsReading(false);
  };
  return (
    <Group justify="center" mt="sm">
      <Button variant="light" loading={isReading} onClick={() => void more()}>
        {t('more')}
      </Button>
    </Group>
  );
}

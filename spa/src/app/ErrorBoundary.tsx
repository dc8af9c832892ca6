import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorBoundary as Boundary, type FallbackProps } from 'react-error-boundary';
import { useTranslations } from 'use-intl';
import { Empty } from '../ui/Empty.tsx';

/** Where what it holds fails, the rest of the app goes on. Give it a key per page. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  return <Boundary FallbackComponent={Failed}>{children}</Boundary>;
}

/** A page that cannot be loaded or shown; most likely the app has a new version by now. */
function Failed({ error }: FallbackProps) {
  const t = useTranslations('app');
  return (
    <Empty title={t('broken')} hint={String((error as Error)?.message ?? error)}>
      <Button variant="light" onClick={() => location.reload()}>
        {t('reload')}
      </Button>
    </Empty>
  );
}

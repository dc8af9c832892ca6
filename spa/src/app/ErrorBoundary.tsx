import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorBoundary as Boundary, type FallbackProps } from 'react-error-boundary';
import { useTranslations } from 'use-intl';
import { Empty } from '../ui/Empty.tsx';

/** Where its children fail, shows the error in their place; the rest of the app goes on. Give it a key per page. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  return <Boundary FallbackComponent={Failed}>{children}</Boundary>;
}

/** Shown for a page that cannot be loaded or rendered. Most likely the app has a new version, so a reload helps. */
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

import { Button } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Empty } from '../ui/Empty.tsx';

/** What is around a page: where it breaks, the rest of the app goes on. Give it a key per page. */
export class Unbroken extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    return this.state.error === undefined ? this.props.children : <Broken error={this.state.error} />;
  }
}

/** A page that cannot be loaded or shown; most likely the app has a new version by now. */
function Broken({ error }: { error: unknown }) {
  const t = useTranslations('app');
  return (
    <Empty title={t('broken')} hint={String((error as Error)?.message ?? error)}>
      <Button variant="light" onClick={() => location.reload()}>
        {t('reload')}
      </Button>
    </Empty>
  );
}

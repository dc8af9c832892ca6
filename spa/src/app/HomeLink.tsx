import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useTranslations } from 'use-intl';

export function HomeLink() {
  const t = useTranslations('app');
  return (
    <Button component={Link} to="/" variant="light">
      {t('toMyTasks')}
    </Button>
  );
}

import { notifications } from '@mantine/notifications';
import { useTranslations } from 'use-intl';

/** Returns a function that shows a short message as a pop-up: that something is done, or why it was refused. */
export function useTell(): (message: string, kind?: 'done' | 'refused', title?: string) => void {
  const t = useTranslations('common');
  return (message, kind = 'done', title) =>
    void notifications.show({
      message,
      ...(title === undefined ? {} : { title }),
      color: kind === 'done' ? 'parrot' : 'red',
      autoClose: kind === 'done' ? 4_000 : 8_000,
      closeButtonProps: { 'aria-label': t('close') },
    });
}

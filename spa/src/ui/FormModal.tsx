import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useProblem } from './problems.tsx';
import { useReturnFocus } from './useReturnFocus.ts';

/** A form in a dialog. Where the graph refuses it, the dialog stays open and shows the reason. */
export function FormModal({
  title,
  submit,
  onSubmit,
  onClose,
  color,
  children,
}: {
  title: string;
  /** The text of the submit button. */
  submit: string;
  /** Resolves when it has succeeded, and the dialog closes; with false where the form is not filled in yet. */
  onSubmit: () => Promise<unknown>;
  onClose: () => void;
  color?: string;
  children?: ReactNode;
}) {
  const t = useTranslations('common');
  const problem = useProblem();
  useReturnFocus();
  const [isBusy, setIsBusy] = useState(false);
  const [why, setWhy] = useState<string>();
  const run = async () => {
    setIsBusy(true);
    setWhy(undefined);
    try {
      if ((await onSubmit()) !== false) onClose();
    } catch (error) {
      setWhy(problem(error));
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Stack>
          {why !== undefined && (
            <Alert color="red" variant="light" role="alert">
              {why}
            </Alert>
          )}
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
            <Button type="submit" loading={isBusy} {...(color ? { color } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

import { useMutation } from '@apollo/client/react';
import { Button, Collapse, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useTranslations } from 'use-intl';
import { CreateTaskDocument } from '../../generated/graph.ts';
import { useTellProblem } from '../../ui/problems.tsx';
import { useTell } from '../../ui/tell.ts';

const empty = { title: '', jiraId: '', description: '' };

/** The form that creates a task. A retry of the same task creates no second one. */
export function NewTask() {
  const t = useTranslations();
  const tell = useTell();
  const tellProblem = useTellProblem();
  // The task is created even where the assignee's name is not available.
  const [create] = useMutation(CreateTaskDocument, { errorPolicy: 'all' });
  const title = useRef<HTMLInputElement>(null);
  const idempotencyKey = useRef(newKey());
  const [isUsed, setIsUsed] = useState(false);
  const [parameters, setParameters] = useSearchParams();
  const isAskedFor = parameters.has('new');
  useEffect(() => {
    if (!isAskedFor) return;
    title.current?.focus();
    setParameters(
      (before) => {
        before.delete('new');
        return before;
      },
      { replace: true },
    );
  }, [isAskedFor, setParameters]);
  const [typed, setTyped] = useState(empty);
  const [isBusy, setIsBusy] = useState(false);
  const [isMissing, setIsMissing] = useState(false);
  const field = (name: keyof typeof empty) => ({
    value: typed[name],
    onChange: ({ currentTarget: { value } }: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      setTyped((before) => ({ ...before, [name]: value }));
      setIsMissing(false);
      // A changed task is a new task, not a retry.
      idempotencyKey.current = newKey();
    },
  });
  const submit = async () => {
    if (typed.title.trim() === '') return setIsMissing(true);
    setIsBusy(true);
    try {
      const { data, error } = await create({
        variables: {
          input: {
            title: typed.title,
            jiraId: typed.jiraId === '' ? null : typed.jiraId,
            description: typed.description,
            idempotencyKey: idempotencyKey.current,
          },
        },
      });
      if (!data?.createTask) throw error;
      tell(t('task.putUp', { name: data.createTask.assignee?.name ?? t('common.unknown') }));
      setTyped(empty);
      idempotencyKey.current = newKey();
    } catch (error) {
      tellProblem(error);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      noValidate
      aria-label={t('task.new')}
    >
      <Stack gap="xs">
        <Group align="flex-start" gap="xs" wrap="nowrap">
          <TextInput
            ref={title}
            flex={1}
            aria-label={t('task.title')}
            placeholder={t('task.title')}
            title={t('task.titleHint')}
            onFocus={() => setIsUsed(true)}
            error={isMissing ? t('common.required') : undefined}
            {...field('title')}
          />
          <Button type="submit" loading={isBusy} leftSection={<IconPlus size={16} />}>
            {t('task.put')}
          </Button>
        </Group>
        <Collapse expanded={isUsed}>
          <Group align="flex-start" gap="xs">
            <TextInput
              w={{ base: '100%', sm: 160 }}
              aria-label={t('task.jiraId')}
              placeholder={t('task.jiraId')}
              {...field('jiraId')}
            />
            <Textarea
              flex={1}
              miw={200}
              autosize
              minRows={1}
              aria-label={t('task.description')}
              placeholder={t('task.description')}
              {...field('description')}
            />
          </Group>
        </Collapse>
      </Stack>
    </form>
  );
}

/** A random key. Not `crypto.randomUUID`, which browsers offer to https only. */
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');

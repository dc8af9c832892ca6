import { useMutation } from '@apollo/client/react';
import { Button, Collapse, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useTranslations } from 'use-intl';
import { CreateTaskDocument } from '../../generated/graph.ts';
import { useTellProblem } from '../../ui/problems.tsx';

/** Puts up a task, which falls to somebody at random. A second try of the same one makes no second task. */
export function NewTask() {
  const t = useTranslations();
  const tellProblem = useTellProblem();
  const [create] = useMutation(CreateTaskDocument);
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
  const form = useForm({
    initialValues: { title: '', jiraId: '', description: '' },
    validate: { title: (text) => (text.trim() === '' ? t('common.required') : null) },
    // Another task is not the same one tried again.
    onValuesChange: () => {
      idempotencyKey.current = newKey();
    },
  });
  const submit = form.onSubmit(async ({ title: text, jiraId, description }) => {
    try {
      const { data } = await create({
        variables: {
          input: {
            ...splitJiraId(text.trim(), jiraId.trim()),
            description: description.trim(),
            idempotencyKey: idempotencyKey.current,
          },
        },
      });
      const name = data?.createTask.assignee?.name;
      if (name !== undefined) notifications.show({ color: 'parrot', message: t('task.putUp', { name }) });
      form.reset();
      idempotencyKey.current = newKey();
    } catch (error) {
      tellProblem(error);
    }
  });
  return (
    <form onSubmit={submit} noValidate aria-label={t('task.new')}>
      <Stack gap="xs">
        <Group align="flex-start" gap="xs" wrap="nowrap">
          <TextInput
            ref={title}
            flex={1}
            aria-label={t('task.title')}
            placeholder={t('task.title')}
            onFocus={() => setIsUsed(true)}
            {...form.getInputProps('title')}
          />
          <Button type="submit" loading={form.submitting} leftSection={<IconPlus size={16} />}>
            {t('task.put')}
          </Button>
        </Group>
        <Collapse expanded={isUsed}>
          <Group align="flex-start" gap="xs">
            <TextInput
              w={{ base: '100%', sm: 160 }}
              aria-label={t('task.jiraId')}
              placeholder={t('task.jiraId')}
              {...form.getInputProps('jiraId')}
            />
            <Textarea
              flex={1}
              miw={200}
              autosize
              minRows={1}
              aria-label={t('task.description')}
              placeholder={t('task.description')}
              {...form.getInputProps('description')}
            />
          </Group>
        </Collapse>
      </Stack>
    </form>
  );
}

/** '[POPUG-42] - Clean the cage', as people paste it, is a Jira id and a title. */
function splitJiraId(text: string, given: string): { title: string; jiraId: string | null } {
  const found = given === '' ? /^\[([^\]]+)\]\s*(?:-\s*)?(.+)$/s.exec(text) : null;
  if (found) return { jiraId: found[1] as string, title: found[2] as string };
  return { title: text, jiraId: given === '' ? null : given };
}

/** A key of its own per task, in browsers that offer `randomUUID` to https only, too. */
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');

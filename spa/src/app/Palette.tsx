import { useLazyQuery } from '@apollo/client/react';
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Spotlight, type SpotlightActionData, spotlight } from '@mantine/spotlight';
import {
  IconFeather,
  IconKeyboard,
  IconLanguage,
  IconLogout,
  IconPlus,
  IconSearch,
  IconSunMoon,
} from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useTranslations } from 'use-intl';
import { SearchTasksDocument } from '../generated/graph.ts';
import { useOtherLocale } from '../i18n/locale.ts';
import { nameOfTask } from '../pages/task/nameOfTask.ts';
import { useShowTask } from '../pages/task/useShowTask.ts';
import { logOut } from '../session/session.ts';
import { useProblem, useTellProblem } from '../ui/problems.tsx';
import { useReturnFocus } from '../ui/useReturnFocus.ts';
import { useMenu } from './useMenu.ts';

/** The least number of letters to search tasks for: with fewer, half of all tasks would match. */
const fewestLetters = 3;

/** The palette (⌘K): finds pages, commands, and tasks whose title or Jira id contains the typed text. */
export function Palette({ onHelp, onClose }: { onHelp: () => void; onClose: () => void }) {
  const t = useTranslations();
  const navigate = useNavigate();
  const showTask = useShowTask();
  const otherLocale = useOtherLocale();
  const { toggleColorScheme } = useMantineColorScheme();
  const tellProblem = useTellProblem();
  const [typed, setTyped] = useState('');
  useReturnFocus();
  useEffect(() => spotlight.open(), []);
  const problem = useProblem();
  const [search, { data, error }] = useLazyQuery(SearchTasksDocument);
  const searchSoon = useDebouncedCallback((text: string) => {
    if (text.trim().length >= fewestLetters)
      void search({ variables: { search: text.trim() } }).catch(() => undefined);
  }, 200);
  const isLongEnough = typed.trim().length >= fewestLetters;
  const tasks = isLongEnough ? (data?.tasks.nodes ?? []) : [];
  const nothingFound = isLongEnough
    ? error
      ? problem(error)
      : t('allTasks.empty')
    : t('app.searchHint', { count: String(fewestLetters) });
  return (
    <Spotlight
      onSpotlightClose={onClose}
      shortcut={null}
      query={typed}
      onQueryChange={(text) => {
        setTyped(text);
        searchSoon(text);
      }}
      scrollable
      maxHeight={420}
      // Tasks match already: the graph found them.
      filter={(query, actions) =>
        (actions as SpotlightActionData[]).filter(
          ({ id, label }) =>
            tasks.some((task) => task.id === id) || label?.toLowerCase().includes(query.trim().toLowerCase()),
        )
      }
      nothingFound={nothingFound}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t('app.search'),
        'aria-label': t('app.search'),
      }}
      actions={[
        ...useMenu().map(({ name, path, icon: Icon }) => ({
          id: name,
          label: t(`nav.${name}`),
          leftSection: <Icon size={18} />,
          onClick: () => void navigate(path),
        })),
        {
          id: 'new',
          label: t('task.new'),
          leftSection: <IconPlus size={18} />,
          onClick: () => void navigate('/?new'),
        },
        {
          id: 'theme',
          label: t('app.theme'),
          leftSection: <IconSunMoon size={18} />,
          onClick: toggleColorScheme,
        },
        {
          id: 'language',
          label: otherLocale.name,
          leftSection: <IconLanguage size={18} />,
          onClick: otherLocale.choose,
        },
        {
          id: 'shortcuts',
          label: t('app.shortcuts'),
          leftSection: <IconKeyboard size={18} />,
          onClick: onHelp,
        },
        {
          id: 'logOut',
          label: t('app.logOut'),
          leftSection: <IconLogout size={18} />,
          onClick: () => void logOut(false).catch(tellProblem),
        },
        ...tasks.map((task) => ({
          id: task.id,
          label: nameOfTask(task),
          description: t(`task.status.${task.status}`),
          leftSection: <IconFeather size={18} />,
          onClick: () => showTask(task.id),
        })),
      ]}
    />
  );
}

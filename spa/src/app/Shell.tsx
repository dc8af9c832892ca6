import {
  ActionIcon,
  Affix,
  Alert,
  AppShell,
  Burger,
  Group,
  Image,
  Kbd,
  Menu,
  NavLink,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import {
  IconLanguage,
  IconLogout,
  IconMoon,
  IconPlugConnectedX,
  IconSearch,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { Link, Outlet, ScrollRestoration, useLocation } from 'react-router';
import { useTranslations } from 'use-intl';
import { useReachable } from '../graph/connection.ts';
import { chooseLocale, useLocale } from '../i18n/locale.ts';
import { TaskDrawer } from '../pages/task/TaskDrawer.tsx';
import { logOut } from '../session/session.ts';
import { useUser } from '../session/useSession.ts';
import { useTellProblem } from '../ui/problems.tsx';
import { LiveBalance } from './LiveBalance.tsx';
import { Palette } from './Palette.tsx';
import { ShortcutHelp, useShortcuts } from './shortcuts.tsx';
import { useMenu } from './useMenu.ts';

/** What is around every page: the menu, the balance, the palette, the shortcuts, and whether the graph is there. */
export function Shell() {
  const t = useTranslations();
  const [isOpen, { toggle, close }] = useDisclosure();
  const [isHelpOpen, help] = useDisclosure();
  const entries = useMenu();
  const { pathname } = useLocation();
  const reachable = useReachable();
  useShortcuts({ onHelp: help.open });
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#page" className="skip">
        {t('app.skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" gap="xs" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('app.menu')} />
            <UnstyledButton component={Link} to="/" aria-label={t('app.toMyTasks')}>
              <Group gap={6} wrap="nowrap">
                <Image src="/parrot.svg" alt="" w={30} h={30} />
                <Text fw={700} visibleFrom="sm">
                  {t('app.name')}
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap={6} wrap="nowrap">
            <LiveBalance />
            <ActionIcon variant="subtle" size="lg" onClick={spotlight.open} aria-label={t('app.search')}>
              <IconSearch size={18} />
            </ActionIcon>
            <ThemeSwitch />
            <LanguageSwitch />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('app.menu')}>
        {entries.map(({ name, path, key, icon: Icon }) => (
          <NavLink
            key={name}
            component={Link}
            to={path}
            label={t(`nav.${name}`)}
            leftSection={<Icon size={18} stroke={1.6} />}
            rightSection={<Kbd size="xs" visibleFrom="sm" aria-hidden>{`g ${key}`}</Kbd>}
            active={path === '/' ? pathname === '/' : pathname.startsWith(path)}
            {...((path === '/' ? pathname === '/' : pathname.startsWith(path))
              ? { 'aria-current': 'page' }
              : {})}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1} style={{ outline: 'none' }}>
        <Outlet />
      </AppShell.Main>
      <TaskDrawer />
      <Palette onHelp={help.open} />
      <ShortcutHelp opened={isHelpOpen} onClose={help.close} />
      <ScrollRestoration />
      {!reachable && (
        <Affix position={{ bottom: 12, left: 12, right: 12 }} zIndex={400}>
          <Alert
            color="yellow"
            variant="filled"
            autoContrast
            icon={<IconPlugConnectedX />}
            role="status"
            maw={560}
            mx="auto"
          >
            {t('app.offline')}
          </Alert>
        </Affix>
      )}
    </AppShell>
  );
}

function ThemeSwitch() {
  const t = useTranslations('app');
  const { toggleColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  return (
    <ActionIcon variant="subtle" size="lg" onClick={toggleColorScheme} aria-label={t('theme')}>
      {scheme === 'light' ? <IconMoon size={18} /> : <IconSun size={18} />}
    </ActionIcon>
  );
}

function LanguageSwitch() {
  const t = useTranslations('app');
  const locale = useLocale();
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      onClick={() => chooseLocale(locale === 'en' ? 'ru' : 'en')}
      aria-label={`${t('language')}: ${locale === 'en' ? 'Русский' : 'English'}`}
      visibleFrom="xs"
    >
      <IconLanguage size={18} />
    </ActionIcon>
  );
}

function UserMenu() {
  const t = useTranslations();
  const user = useUser();
  const locale = useLocale();
  const tellProblem = useTellProblem();
  const leave = (everywhere: boolean) => void logOut(everywhere).catch(tellProblem);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="light" size="lg" radius="xl" aria-label={t('app.account', { name: user.name })}>
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name} · {t(`role.${user.role}`)}
        </Menu.Label>
        <Menu.Item
          leftSection={<IconLanguage size={16} />}
          onClick={() => chooseLocale(locale === 'en' ? 'ru' : 'en')}
          hiddenFrom="xs"
        >
          {locale === 'en' ? 'Русский' : 'English'}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => leave(false)}>
          {t('app.logOut')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => leave(true)}>
          {t('app.logOutEverywhere')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

import {
  ActionIcon,
  Affix,
  Alert,
  AppShell,
  Burger,
  Group,
  Image,
  Kbd,
  NavLink,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconLanguage,
  IconMoon,
  IconPlugConnectedX,
  IconSearch,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { Suspense, useEffect, useRef, useState } from 'react';
import { Link, Outlet, useLocation, useSearchParams } from 'react-router';
import { useTimeZone, useTranslations } from 'use-intl';
import { useReachable } from '../graph/connection.ts';
import { useOtherLocale } from '../i18n/locale.ts';
import { useUser } from '../session/useSession.ts';
import { Outline } from '../ui/Loaded.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { LiveBalance } from './LiveBalance.tsx';
import { lazily } from './lazily.ts';
import { isAt } from './menu.ts';
import { useMenu } from './useMenu.ts';
import { useShortcuts } from './useShortcuts.ts';

// Most visits do without these, so they are loaded when first opened.
const UserMenu = lazily(async () => (await import('./UserMenu.tsx')).UserMenu);
const TaskDrawer = lazily(async () => (await import('../pages/task/TaskDrawer.tsx')).TaskDrawer);
const Palette = lazily(async () => (await import('./Palette.tsx')).Palette);
const ShortcutHelp = lazily(async () => (await import('./ShortcutHelp.tsx')).ShortcutHelp);

/** The frame of every page: menu, balance, palette, shortcuts, and a warning while the graph is not reachable. */
export function Shell() {
  const t = useTranslations();
  const [isOpen, { toggle, close }] = useDisclosure();
  const [isHelpOpen, help] = useDisclosure();
  const entries = useMenu();
  const { pathname } = useLocation();
  const [parameters] = useSearchParams();
  const [isPaletteOpen, palette] = useDisclosure();
  const reachable = useReachable();
  useShortcuts({ onHelp: help.open, onPalette: palette.open });
  const here = entries.find(({ path }) => isAt(pathname, path))?.name;
  const title = here ? `${t(`nav.${here}`)} · ${t('app.name')}` : t('app.name');
  useEffect(() => {
    document.title = title;
  }, [title]);
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    // A new page starts at its top, and gets the focus for screen readers.
    window.scrollTo(0, 0);
    const page = document.getElementById('page');
    if (!page?.contains(document.activeElement)) page?.focus({ preventScroll: true });
  }, [pathname]);
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
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('app.menu')}
              aria-expanded={isOpen}
            />
            <UnstyledButton component={Link} to="/" aria-label={t('app.name')}>
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
            <ActionIcon variant="subtle" size="lg" onClick={palette.open} aria-label={t('app.search')}>
              <IconSearch size={18} />
            </ActionIcon>
            <ThemeSwitch />
            <LanguageSwitch />
            <UserButton />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('app.menu')} className={isOpen ? '' : 'shutOnPhones'}>
        <AppShell.Section grow>
          {entries.map(({ name, path, key, icon: Icon }) => (
            <NavLink
              key={name}
              component={Link}
              to={path}
              label={t(`nav.${name}`)}
              leftSection={<Icon size={18} stroke={1.6} />}
              rightSection={<Kbd size="xs" visibleFrom="sm" aria-hidden>{`g ${key}`}</Kbd>}
              active={isAt(pathname, path)}
              {...(isAt(pathname, path) ? { 'aria-current': 'page' } : {})}
              onClick={close}
            />
          ))}
        </AppShell.Section>
        <AppShell.Section p="xs">
          <Text size="xs" c="dimmed">
            {t('app.zone', { zone: useTimeZone() ?? 'UTC' })}
          </Text>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1} style={{ outline: 'none' }}>
        <ErrorBoundary key={pathname}>
          <Suspense fallback={<Outline rows={6} />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </AppShell.Main>
      <ErrorBoundary>
        <Suspense>
          {parameters.has('task') && <TaskDrawer />}
          {isPaletteOpen && <Palette onHelp={help.open} onClose={palette.close} />}
          {isHelpOpen && <ShortcutHelp onClose={help.close} />}
        </Suspense>
      </ErrorBoundary>
      <Affix position={{ bottom: 12, left: 12, right: 12 }} zIndex={400} role="status">
        {!reachable && (
          <Alert
            color="yellow"
            variant="filled"
            autoContrast
            icon={<IconPlugConnectedX />}
            maw={560}
            mx="auto"
          >
            {t('app.offline')}
          </Alert>
        )}
      </Affix>
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
  const otherLocale = useOtherLocale();
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      onClick={otherLocale.choose}
      aria-label={`${t('language')}: ${otherLocale.name}`}
      visibleFrom="xs"
    >
      <IconLanguage size={18} />
    </ActionIcon>
  );
}

/** The button of the user's menu. The menu itself is loaded at the first press. */
function UserButton() {
  const t = useTranslations('app');
  const { name } = useUser();
  const [isWanted, setIsWanted] = useState(false);
  const target = useRef<HTMLButtonElement>(null);
  const button = (
    <ActionIcon
      ref={target}
      variant="light"
      size="lg"
      radius="xl"
      aria-label={t('account', { name })}
      onClick={() => setIsWanted(true)}
    >
      <IconUser size={18} />
    </ActionIcon>
  );
  return isWanted ? (
    <ErrorBoundary>
      <Suspense fallback={button}>
        <UserMenu onClose={() => target.current?.focus()}>{button}</UserMenu>
      </Suspense>
    </ErrorBoundary>
  ) : (
    button
  );
}

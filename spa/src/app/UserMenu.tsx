import { Menu } from '@mantine/core';
import { IconLanguage, IconLogout } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { useOtherLocale } from '../i18n/locale.ts';
import { logOut } from '../session/session.ts';
import { useUser } from '../session/useSession.ts';
import { useTellProblem } from '../ui/problems.tsx';

/** The menu with the user's name and the log-out commands. It is open when it is first shown, below its button. */
export function UserMenu({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const t = useTranslations();
  const user = useUser();
  const otherLocale = useOtherLocale();
  const tellProblem = useTellProblem();
  const leave = (everywhere: boolean) => void logOut(everywhere).catch(tellProblem);
  return (
    <Menu position="bottom-end" defaultOpened withInitialFocusPlaceholder={false} onClose={onClose}>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name} · {t(`role.${user.role}`)}
        </Menu.Label>
        <Menu.Item leftSection={<IconLanguage size={16} />} onClick={otherLocale.choose} hiddenFrom="xs">
          {otherLocale.name}
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

import {
  type Icon,
  IconBuildingBank,
  IconChartLine,
  IconChecklist,
  IconListSearch,
  IconReportMoney,
  IconSettingsAutomation,
  IconUsers,
  IconWallet,
} from '@tabler/icons-react';

/** A page in the menu: its path, the scope that it needs, and the key that opens it after `g`. */
export interface MenuEntry {
  readonly name:
    | 'myTasks'
    | 'allTasks'
    | 'account'
    | 'company'
    | 'accounts'
    | 'analytics'
    | 'people'
    | 'operations';
  readonly path: string;
  readonly key: string;
  readonly icon: Icon;
  /** The scope that the page needs; missing where it is for everyone. */
  readonly scope?: string;
}

/** True where `pathname` is `path` or below it. */
export const isAt = (pathname: string, path: string): boolean =>
  pathname === path || (path !== '/' && pathname.startsWith(`${path}/`));

export const menu: readonly MenuEntry[] = [
  { name: 'myTasks', path: '/', key: 'm', icon: IconChecklist },
  { name: 'allTasks', path: '/tasks', key: 't', icon: IconListSearch },
  { name: 'account', path: '/account', key: 'b', icon: IconWallet },
  { name: 'company', path: '/company', key: 'c', icon: IconBuildingBank, scope: 'ledger:read' },
  { name: 'accounts', path: '/accounts', key: 'l', icon: IconReportMoney, scope: 'ledger:read' },
  { name: 'analytics', path: '/analytics', key: 'a', icon: IconChartLine, scope: 'analytics:read' },
  { name: 'people', path: '/people', key: 'p', icon: IconUsers, scope: 'users:list' },
  { name: 'operations', path: '/operations', key: 'o', icon: IconSettingsAutomation, scope: 'ledger:close' },
];

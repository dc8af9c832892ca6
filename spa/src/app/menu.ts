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

/** A page of the menu: its path, who may see it, and the letter that leads there after `g`. */
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
  /** The scope it takes; none where it is for everyone. */
  readonly scope?: string;
}

/** Whether an address is that of a menu's page, or below it. */
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

import type { ComponentType } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { useTranslations } from 'use-intl';
import { useMay } from '../session/useSession.ts';
import { Empty } from '../ui/Empty.tsx';
import { HomeLink } from './HomeLink.tsx';
import { lazily } from './lazily.ts';
import { isAt, menu } from './menu.ts';
import { Shell } from './Shell.tsx';

/** Each page's code is loaded when the page is first opened. */
const pages: Record<string, () => Promise<ComponentType>> = {
  '/': async () => (await import('../pages/myTasks/MyTasksPage.tsx')).MyTasksPage,
  '/tasks': async () => (await import('../pages/allTasks/AllTasksPage.tsx')).AllTasksPage,
  '/account': async () => (await import('../pages/account/AccountPage.tsx')).OwnAccountPage,
  '/company': async () => (await import('../pages/company/CompanyPage.tsx')).CompanyPage,
  '/accounts': async () => (await import('../pages/accounts/AccountsPage.tsx')).AccountsPage,
  '/accounts/:id': async () => (await import('../pages/account/AccountPage.tsx')).AccountOfPage,
  '/analytics': async () => (await import('../pages/analytics/AnalyticsPage.tsx')).AnalyticsPage,
  '/people': async () => (await import('../pages/people/PeoplePage.tsx')).PeoplePage,
  '/operations': async () => (await import('../pages/operations/OperationsPage.tsx')).OperationsPage,
};

const scopeOf = (path: string) => menu.find((entry) => isAt(path, entry.path))?.scope;

const routes = Object.entries(pages).map(([path, load]) => ({
  path,
  Page: onlyFor(scopeOf(path), lazily(load)),
}));

export const Pages = () => (
  <BrowserRouter>
    <Routes>
      <Route element={<Shell />}>
        {routes.map(({ path, Page }) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  </BrowserRouter>
);

/** Shows a page to users with its scope only. Others see a message; the graph would refuse them, too. */
function onlyFor(scope: string | undefined, Page: ComponentType): ComponentType {
  if (scope === undefined) return Page;
  return function Guarded() {
    const t = useTranslations('app');
    if (useMay(scope)) return <Page />;
    return (
      <Empty title={t('notAllowed')} hint={t('notAllowedHint')}>
        <HomeLink />
      </Empty>
    );
  };
}

function NotFound() {
  const t = useTranslations('app');
  return (
    <Empty title={t('notFound')} hint={t('notFoundHint')}>
      <HomeLink />
    </Empty>
  );
}

import { Button } from '@mantine/core';
import { type ComponentType, useState } from 'react';
import { createBrowserRouter, Link, RouterProvider, useRouteError } from 'react-router';
import { useTranslations } from 'use-intl';
import { useMay } from '../session/useSession.ts';
import { Empty } from '../ui/Empty.tsx';
import { Outline } from '../ui/Loaded.tsx';
import { menu } from './menu.ts';
import { Shell } from './Shell.tsx';

/** Each page comes when it is first wanted. */
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

const scopeOf = (path: string) =>
  menu.find((entry) => entry.path !== '/' && path.startsWith(entry.path))?.scope;

export function Pages() {
  const [router] = useState(() =>
    createBrowserRouter([
      {
        element: <Shell />,
        hydrateFallbackElement: <Outline rows={6} />,
        children: [
          {
            errorElement: <Broken />,
            children: [
              ...Object.entries(pages).map(([path, load]) => ({
                path,
                lazy: async () => ({ Component: onlyFor(scopeOf(path), await load()) }),
              })),
              { path: '*', element: <NotFound /> },
            ],
          },
        ],
      },
    ]),
  );
  return <RouterProvider router={router} />;
}

/** A page that takes a scope tells everybody else that it is not for them: the graph would refuse them anyway. */
function onlyFor(scope: string | undefined, Page: ComponentType): ComponentType {
  if (scope === undefined) return Page;
  return function Guarded() {
    const t = useTranslations('app');
    return useMay(scope) ? (
      <Page />
    ) : (
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

function HomeLink() {
  const t = useTranslations('app');
  return (
    <Button component={Link} to="/" variant="light">
      {t('toMyTasks')}
    </Button>
  );
}

/** A page that cannot be loaded or shown; most likely the app has a new version by now. */
function Broken() {
  const t = useTranslations('app');
  const error = useRouteError();
  return (
    <Empty title={t('broken')} hint={String((error as Error)?.message ?? error)}>
      <Button variant="light" onClick={() => location.reload()}>
        {t('reload')}
      </Button>
    </Empty>
  );
}

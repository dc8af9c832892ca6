import { type ReactNode, useEffect, useState } from 'react';
import { IntlProvider } from 'use-intl';
import { patiently } from '../app/lazily.ts';
import en from './en.ts';
import { type Locale, useLocale } from './locale.ts';
import type ru from './ru.ts';

declare module 'use-intl' {
  interface AppConfig {
    Messages: typeof en;
    Locale: Locale;
  }
}

/** The type of another language's messages: it has every message that English has. */
type SameShape<Of> = { [Name in keyof Of]: Of[Name] extends string ? string : SameShape<Of[Name]> };
const load: Record<Exclude<Locale, 'en'>, () => Promise<SameShape<typeof en>>> = {
  ru: async (): Promise<SameShape<typeof ru>> => (await import('./ru.ts')).default,
};

/** Shows its children in the chosen language, with every moment in the company's time zone. */
export function Translated({ timeZone, children }: { timeZone: string; children: ReactNode }) {
  const locale = useLocale();
  const [loaded, setLoaded] = useState<{ locale: Locale; messages: SameShape<typeof en> }>({
    locale: 'en',
    messages: en,
  });
  useEffect(() => {
    let isStillChosen = true;
    const show = (messages: SameShape<typeof en>) => isStillChosen && setLoaded({ locale, messages });
    if (locale === 'en') show(en);
    // Where the language cannot be loaded, the page stays as it is.
    else void patiently(load[locale]).then(show, () => undefined);
    return () => {
      isStillChosen = false;
    };
  }, [locale]);
  useEffect(() => {
    document.documentElement.lang = loaded.locale;
  }, [loaded.locale]);
  return (
    <IntlProvider locale={loaded.locale} messages={loaded.messages as typeof en} timeZone={timeZone}>
      {children}
    </IntlProvider>
  );
}

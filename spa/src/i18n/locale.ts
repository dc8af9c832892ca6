import { useSyncExternalStore } from 'react';

export const locales = ['en', 'ru'] as const;
export type Locale = (typeof locales)[number];

const key = 'locale';
const listeners = new Set<() => void>();

const isLocale = (text: string | null): text is Locale =>
  (locales as readonly (string | null)[]).includes(text);

/** The language that the user chose before, else the first of the browser's languages that the app has. */
function firstLocale(): Locale {
  const chosen = localStorage.getItem(key);
  if (isLocale(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLocale) ?? 'en';
}

let locale = firstLocale();

function chooseLocale(chosen: Locale): void {
  locale = chosen;
  localStorage.setItem(key, chosen);
  for (const listener of [...listeners]) listener();
}

/** The language that is not chosen: its name in that language, and a function that chooses it. */
export function useOtherLocale(): { locale: Locale; name: string; choose: () => void } {
  const locale = useLocale() === 'en' ? 'ru' : 'en';
  return { locale, name: names[locale], choose: () => chooseLocale(locale) };
}

const names: Record<Locale, string> = { en: 'English', ru: 'Русский' };

export const useLocale = (): Locale =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => locale,
  );

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const parrot: MantineColorsTuple = [
  '#e6faf5',
  '#d0f1e8',
  '#a1e3d1',
  '#6dd3b8',
  '#43c6a3',
  '#29be96',
  '#0f8a6c',
  '#0b7a60',
  '#0b6e5f',
  '#05503f',
];

export const theme = createTheme({
  primaryColor: 'parrot',
  primaryShade: { light: 7, dark: 7 },
  colors: { parrot },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  cursorType: 'pointer',
});

/** Replaces those of Mantine's colours that have too little contrast (WCAG AA). */
export const readableColours: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#545b63', '--mantine-color-placeholder': '#5f6770' },
  dark: { '--mantine-color-dimmed': '#b4b8bf', '--mantine-color-placeholder': '#a0a6ad' },
});

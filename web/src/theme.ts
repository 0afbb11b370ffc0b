// How the console looks: Mantine, with colours that keep WCAG AA contrast in light and dark.
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from '@mantine/core';

const honey: MantineColorsTuple = [
  '#fff8e6',
  '#feeecb',
  '#fbdb98',
  '#f8c760',
  '#f5b631',
  '#e8a317',
  '#b97a0a',
  '#8a5a06',
  '#6b4504',
  '#4a2f02',
];

export const theme = createTheme({
  colors: { honey },
  primaryColor: 'honey',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.4rem' }, h2: { fontSize: '1.1rem' }, h3: { fontSize: '1rem' } },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  // The light variant of Mantine's badges and alerts is too pale to read: its text takes the darkest shades.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    if (input.variant !== 'light') return colors;
    const name = input.color ?? input.theme.primaryColor;
    return {
      ...colors,
      color: `light-dark(color-mix(in srgb, var(--mantine-color-${name}-9), black 40%), var(--mantine-color-${name}-1))`,
    };
  },
});

/** Dimmed text and anchors as dark as AA asks for. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c6470',
    '--mantine-color-placeholder': '#6b727c',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#7a4f05',
  },
  dark: {
    '--mantine-color-dimmed': '#a6adb7',
    '--mantine-color-placeholder': '#969da7',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#f8c760',
  },
});

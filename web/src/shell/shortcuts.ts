// Keys that work on every page; none of them while something is typed.
import { useHotkeys } from '@mantine/hooks';
import { useLocation } from 'wouter';

/** `/` goes to the page's own filter. */
const focusFilter = (): void => {
  document.querySelector<HTMLInputElement>('input[data-page-filter]')?.focus();
};

export const useShortcuts = ({ onSearch }: { onSearch: () => void }): void => {
  const [, go] = useLocation();
  useHotkeys([
    ['mod+K', onSearch],
    ['/', focusFilter],
    ['alt+1', () => go('/')],
    ['alt+2', () => go('/nodes')],
    ['alt+3', () => go('/hosts')],
    ['alt+4', () => go('/services')],
    ['alt+5', () => go('/operations')],
    ['alt+6', () => go('/audit')],
  ]);
};

// One part of the address, such as the text of a filter: kept there, so that it can be sent and gone back to.
import { useSearchParams } from 'wouter';

/** Empty: it is not in the address. */
export const useAddressPart = (name: string): [string, (value: string | null) => void] => {
  const [search, setSearch] = useSearchParams();
  return [
    search.get(name) ?? '',
    (value) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value) next.set(name, value);
          else next.delete(name);
          return next;
        },
        { replace: true },
      ),
  ];
};

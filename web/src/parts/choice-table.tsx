// A list that can be a thousand rows long: only those in sight are drawn, keys move in it, rows are chosen to be acted on.
import { Checkbox, Table, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useCallback, useRef, useState } from 'react';
import { useLocation } from 'wouter';

export type Column<Sort extends string> = { title: string; sort?: Sort; width?: number };
export type Order<Sort extends string> = { sort: Sort; descending: boolean };

/** What a row is told of itself. */
export type RowState = {
  index: number;
  isChosen: boolean;
  isFocused: boolean;
  onChoose: (id: string, isChosen: boolean) => void;
};

const ColumnHead = <Sort extends string>({
  column: { title, sort, width },
  order,
  onOrder,
}: {
  column: Column<Sort>;
  order: Order<Sort>;
  onOrder: (order: Order<Sort>) => void;
}) => {
  const isSorted = sort !== undefined && order.sort === sort;
  const Arrow = order.descending ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th
      {...(width ? { w: width } : {})}
      aria-sort={isSorted ? (order.descending ? 'descending' : 'ascending') : undefined}
    >
      {sort === undefined ? (
        title
      ) : (
        <UnstyledButton
          fw={600}
          fz="sm"
          onClick={() => onOrder({ sort, descending: isSorted && !order.descending })}
        >
          {title} {isSorted && <Arrow size={12} aria-hidden />}
        </UnstyledButton>
      )}
    </Table.Th>
  );
};

export const ChoiceTable = <Item extends { id: string }, Sort extends string>({
  label,
  items,
  columns,
  order,
  onOrder,
  chosen,
  onChosen,
  href,
  row,
  rowHeight,
  minWidth,
  empty,
}: {
  /** What the rows are: `Nodes`. */
  label: string;
  items: readonly Item[];
  columns: readonly Column<Sort>[];
  order: Order<Sort>;
  onOrder: (order: Order<Sort>) => void;
  chosen: ReadonlySet<string>;
  onChosen: (ids: ReadonlySet<string>) => void;
  /** Of the page that Enter opens. */
  href: (item: Item) => string;
  row: (item: Item, state: RowState) => ReactNode;
  /** Pixels. */
  rowHeight: number;
  minWidth: number;
  empty: ReactNode;
}) => {
  const [, go] = useLocation();
  const [focused, setFocused] = useState(0);
  const frame = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 4,
  });
  const latest = useRef({ chosen, onChosen });
  latest.current = { chosen, onChosen };
  // The same function for ever, so that rows of which nothing changed are not drawn again.
  const choose = useCallback((id: string, isChosen: boolean): void => {
    const next = new Set(latest.current.chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    latest.current.onChosen(next);
  }, []);
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, to));
    setFocused(next);
    rows.scrollToIndex(next);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const item = items[focused];
    const act = {
      ArrowDown: () => move(focused + 1),
      j: () => move(focused + 1),
      ArrowUp: () => move(focused - 1),
      k: () => move(focused - 1),
      Home: () => move(0),
      End: () => move(items.length - 1),
      Enter: () => item && go(href(item)),
      ' ': () => item && choose(item.id, !chosen.has(item.id)),
      a: () => document.querySelector<HTMLElement>('[data-page-menu]')?.click(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const drawn = rows.getVirtualItems();
  const before = drawn[0]?.start ?? 0;
  const after = rows.getTotalSize() - (drawn.at(-1)?.end ?? 0);
  const count = items.filter(({ id }) => chosen.has(id)).length;
  return (
    <section
      ref={frame}
      style={{ maxHeight: 'calc(100vh - 210px)', overflow: 'auto' }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move in it; what each does is on the page as well
      tabIndex={0}
      onKeyDown={onKey}
      aria-label={`${label}: arrow keys move, Enter opens, Space chooses, A acts`}
    >
      <Table
        stickyHeader
        aria-label={label}
        aria-rowcount={items.length + 1}
        miw={minWidth}
        layout="fixed"
        verticalSpacing={4}
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <Checkbox
                aria-label="Choose all that are listed"
                checked={items.length > 0 && count === items.length}
                indeterminate={count > 0 && count < items.length}
                onChange={({ currentTarget: { checked } }) =>
                  onChosen(new Set(checked ? items.map(({ id }) => id) : []))
                }
              />
            </Table.Th>
            {columns.map((column) => (
              <ColumnHead key={column.title} column={column} order={order} onOrder={onOrder} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {before > 0 && <tr style={{ height: before }} aria-hidden />}
          {drawn.map(({ index }) => {
            const item = items[index];
            return (
              item &&
              row(item, {
                index,
                isChosen: chosen.has(item.id),
                isFocused: index === focused,
                onChoose: choose,
              })
            );
          })}
          {after > 0 && <tr style={{ height: after }} aria-hidden />}
        </Table.Tbody>
      </Table>
      {items.length === 0 && empty}
    </section>
  );
};

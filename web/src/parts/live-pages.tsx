// A table of what the server tells in pages: the next one by the cursor of the one before, each read again when it changed.
import { Button, Table, Text, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useLiveQuery } from '../live/live.tsx';
import type { Topic } from '../live/store.ts';
import type { ApiError, TypedDocument } from '../live/transport.ts';
import { Errors, Loading } from './states.tsx';

const pageSize = 50;

type Connection<Item> = {
  /** Undefined: the server does not count them. */
  totalCount?: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  edges: readonly { node: Item }[];
};
type PageArguments = { first?: number | null; after?: string | null };

type Props<Item, Data, Variables> = {
  document: TypedDocument<Data, Variables & PageArguments>;
  variables: Variables;
  topics: readonly Topic[];
  /** Of the answer; null: the server tells nothing of it. */
  pageOf: (data: Data) => Connection<Item> | null;
  label: string;
  /** Empty: of the acts. */
  columns: readonly ReactNode[];
  row: (item: Item) => ReactNode;
  empty: ReactNode;
  /** Instead of the table, when the first page could not be read. */
  failed?: (errors: readonly ApiError[], reload: () => void) => ReactNode;
};

/**
 * Each page stands on the one before: what came or went on a page moves the cursor of the next, so that nothing is
 * shown twice and nothing is left out.
 */
const Rows = <Item, Data, Variables extends object>({
  after,
  pages,
  onMore,
  ...props
}: Props<Item, Data, Variables> & { after: string | null; pages: number; onMore: () => void }) => {
  const { document, variables, topics, pageOf, label, columns, row, empty, failed } = props;
  const { data, errors, loading, reload } = useLiveQuery(
    document,
    { ...variables, first: pageSize, after },
    { topics },
  );
  const isFirst = after === null;
  const page = data === undefined ? null : pageOf(data);
  const across = (content: ReactNode) =>
    isFirst ? (
      content
    ) : (
      <Table.Tr>
        <Table.Td colSpan={columns.length}>{content}</Table.Td>
      </Table.Tr>
    );
  if (loading) return across(<Loading what={label.toLowerCase()} />);
  if (!page) return across(failed ? failed(errors, reload) : <Errors errors={errors} onRetry={reload} />);
  if (isFirst && page.edges.length === 0) return empty;
  const { hasNextPage, endCursor } = page.pageInfo;
  const rows = (
    <>
      {page.edges.map(({ node }) => row(node))}
      {errors.length > 0 && (
        <Table.Tr>
          <Table.Td colSpan={columns.length}>
            <Errors errors={errors} onRetry={reload} />
          </Table.Td>
        </Table.Tr>
      )}
      {hasNextPage && pages > 1 && <Rows {...props} after={endCursor} pages={pages - 1} onMore={onMore} />}
      {hasNextPage && pages === 1 && (
        <Table.Tr>
          <Table.Td colSpan={columns.length}>
            <Button variant="default" size="xs" onClick={onMore}>
              Show more
            </Button>{' '}
            {page.totalCount !== undefined && (
              <Text span size="sm" c="dimmed">
                {page.totalCount} in all
              </Text>
            )}
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
  if (!isFirst) return rows;
  return (
    <Table.ScrollContainer
      minWidth={900}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': label } }}
    >
      <Table aria-label={label} highlightOnHover verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((title, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
              <Table.Th key={index}>{title === '' ? <VisuallyHidden>Acts</VisuallyHidden> : title}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{rows}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
};

export const LivePages = <Item, Data, Variables extends object>(props: Props<Item, Data, Variables>) => {
  const [pages, setPages] = useState(1);
  return <Rows {...props} after={null} pages={pages} onMore={() => setPages(pages + 1)} />;
};

// The history, newest first: found by a filter that the address keeps, live at the top, and still where it is read.
import { Affix, Button, Table, VisuallyHidden } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { useSearchParams } from 'wouter';
import { Page } from '../parts/page.tsx';
import { Empty, Errors, Loading } from '../parts/states.tsx';
import { plural } from '../parts/words.ts';
import { ExportMenu } from './export-menu.tsx';
import { askedFilter, readFilter, writeFilter } from './filter.ts';
import { RecordFilterForm } from './record-filter.tsx';
import { RecordRow } from './record-row.tsx';
import { useRecords } from './use-records.ts';
import { Verification } from './verification.tsx';

const columns: readonly { title: string; width?: number }[] = [
  { title: 'No.', width: 70 },
  { title: 'Time', width: 110 },
  { title: 'Phase', width: 120 },
  { title: 'Action' },
  { title: 'Outcome', width: 120 },
  { title: 'Who' },
  { title: 'Targets' },
  { title: 'Reason' },
];

export default () => {
  const [search, setSearch] = useSearchParams();
  const filter = readFilter(search);
  const isFiltered = Object.keys(filter).length > 0;
  const { rows, held, isBehind, hasMore, errors, loading, reload, showMore, showHeld } = useRecords(
    askedFilter(filter),
  );
  const came = isBehind ? 'More new records' : plural(held.length, 'new record');
  return (
    <Page title="Audit" actions={<ExportMenu filter={filter} />}>
      <RecordFilterForm
        filter={filter}
        rows={rows}
        onChange={(next) => setSearch(writeFilter(next), { replace: true })}
      />
      <Verification />
      <Errors errors={errors} onRetry={reload} />
      {(held.length > 0 || isBehind) && (
        <Affix position={{ top: 70, left: '50%' }} zIndex={150}>
          <Button
            style={{ transform: 'translateX(-50%)' }}
            leftSection={<IconArrowUp size={16} aria-hidden />}
            onClick={() => {
              showHeld();
              window.scrollTo({ top: 0 });
            }}
          >
            {came}
          </Button>
        </Affix>
      )}
      <VisuallyHidden role="status">{held.length > 0 || isBehind ? came : ''}</VisuallyHidden>
      {rows.length === 0 ? (
        loading ? (
          <Loading what="the history" />
        ) : (
          errors.length === 0 && (
            <Empty title={isFiltered ? 'No record fits this filter' : 'Nothing is on record'}>
              {isFiltered
                ? 'Take a part of it away, or show everything.'
                : 'Every act and every change that is seen is listed here.'}
            </Empty>
          )
        )
      ) : (
        <Table.ScrollContainer minWidth={1000}>
          <Table
            highlightOnHover
            stickyHeader
            layout="fixed"
            verticalSpacing={4}
            aria-label="The history, newest first"
            aria-busy={loading}
          >
            <Table.Thead>
              <Table.Tr>
                {columns.map(({ title, width }) => (
                  <Table.Th key={title} {...(width ? { w: width } : {})}>
                    {title}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ node }) => (
                <RecordRow key={node.seq} record={node} filter={filter} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {hasMore && (
        <Button variant="default" onClick={showMore}>
          Show more
        </Button>
      )}
    </Page>
  );
};

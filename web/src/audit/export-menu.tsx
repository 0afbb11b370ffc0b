// The history as a file, with the filter of the page. The cookie says who asks; the server puts the export on record.
import { Button, Menu, Text } from '@mantine/core';
import { IconChevronDown, IconDownload } from '@tabler/icons-react';
import { usePermission } from '../session/viewer.tsx';
import { type RecordFilter, writeFilter } from './filter.ts';

const formats = [
  { format: 'ndjson', title: 'NDJSON', meaning: 'one record a line; it can be verified without this server' },
  { format: 'csv', title: 'CSV', meaning: 'for a spreadsheet' },
] as const;

export const ExportMenu = ({ filter }: { filter: RecordFilter }) => {
  const whyNot = usePermission()('audit:export');
  return (
    <Menu position="bottom-end" width={280} shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          rightSection={<IconChevronDown size={16} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(({ format, title, meaning }) => {
          const text = (
            <>
              {title}
              <Text size="xs">{whyNot ?? meaning}</Text>
            </>
          );
          const search = writeFilter(filter);
          search.set('format', format);
          return whyNot ? (
            <Menu.Item key={format} disabled>
              {text}
            </Menu.Item>
          ) : (
            <Menu.Item key={format} component="a" href={`/audit/export?${search}`} download>
              {text}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
};

// The secrets, or the configs, of a cluster.
import { ConfigsDocument, SecretsDocument } from '../../generated/documents.ts';
import { LivePages } from '../parts/live-pages.tsx';
import { NameFilter, useNameFilter } from '../parts/name-filter.tsx';
import { Empty } from '../parts/states.tsx';
import { KeptRow } from './kept-row.tsx';
import { type Kept, type Kind, kinds } from './kinds.ts';

const columns = ['Name', 'Version', 'Labels', 'Used by, as', 'New version of', 'Created', 'Changed', ''];

export const KeptList = ({ kind, cluster }: { kind: Kind; cluster: string }) => {
  const text = useNameFilter() || null;
  const { many } = kinds[kind];
  const own = {
    variables: { cluster, text },
    label: many,
    columns,
    row: (kept: Kept) => <KeptRow key={kept.id} kind={kind} kept={kept} />,
    empty: text ? (
      <Empty title={`No ${kind} has such a name`} />
    ) : (
      <Empty title={`No ${many.toLowerCase()} yet`}>
        Make one with “Create {kind}”. A service names those that it uses, and its containers find them as
        files.
      </Empty>
    ),
  };
  return (
    <>
      <NameFilter of={many.toLowerCase()} />
      {kind === 'secret' ? (
        <LivePages
          {...own}
          document={SecretsDocument}
          topics={['secret', 'service']}
          pageOf={(data) => data.secrets}
        />
      ) : (
        <LivePages
          {...own}
          document={ConfigsDocument}
          topics={['config', 'service']}
          pageOf={(data) => data.configs}
        />
      )}
    </>
  );
};

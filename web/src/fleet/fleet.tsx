// The declared fleet: a document against what is there, its application, and what drifts from it.
import { useSessionStorage } from '@mantine/hooks';
import { DeclarationsDocument } from '../../generated/documents.ts';
import { useLiveQuery } from '../live/live.tsx';
import { Page } from '../parts/page.tsx';
import { Errors, Loading } from '../parts/states.tsx';
import { Applications } from './applications.tsx';
import { Declaration } from './declaration.tsx';
import { Editor } from './editor.tsx';

/** No event tells that the cluster was looked at and nothing changed. */
const lookedAtSeconds = 30;

export default () => {
  // What was pasted outlives a look at another page.
  const [document, setDocument] = useSessionStorage({ key: 'skep.fleet.document', defaultValue: '' });
  const { data, errors, loading, reload } = useLiveQuery(
    DeclarationsDocument,
    {},
    { topics: ['drift'], everySeconds: lookedAtSeconds },
  );
  return (
    <Page title="Fleet">
      <Editor document={document} onChange={setDocument} />
      <Errors errors={errors} onRetry={reload} />
      {loading && <Loading what="declarations" />}
      {data?.clusters.map((cluster) => (
        <Declaration
          key={cluster.id}
          cluster={cluster}
          onEdit={(text) => {
            setDocument(text);
            window.scrollTo({ top: 0 });
          }}
        />
      ))}
      <Applications />
    </Page>
  );
};

// The tasks of all services of a cluster, however many pages that takes.
import { useEffect, useMemo, useState } from 'react';
import { ServiceTasksDocument, type ServiceTasksQuery } from '../../generated/documents.ts';
import { useAsk, useLiveQuery } from '../live/live.tsx';
import { type ApiError, RequestError } from '../live/transport.ts';

type Services = NonNullable<ServiceTasksQuery['services']>['edges'][number]['node'][];

/** @returns services: null: they cannot be read. */
export const useServiceTasks = (
  cluster: string,
): { services: Services | null; errors: readonly ApiError[]; loading: boolean; reload: () => void } => {
  const ask = useAsk();
  const { data, errors, loading, reload } = useLiveQuery(
    ServiceTasksDocument,
    { cluster, after: null },
    // No event tells of a task that moved within its service.
    { topics: ['service', 'node'], everySeconds: 5 },
  );
  const [rest, setRest] = useState<Services>([]);
  const [restErrors, setRestErrors] = useState<readonly ApiError[]>([]);
  useEffect(() => {
    let isOld = false;
    const readOn = async () => {
      const read: Services = [];
      let info = data?.services?.pageInfo;
      while (info?.hasNextPage) {
        const next = await ask(ServiceTasksDocument, { cluster, after: info.endCursor });
        read.push(...(next.services?.edges.map(({ node }) => node) ?? []));
        info = next.services?.pageInfo;
      }
      return read;
    };
    readOn().then(
      (read) => {
        if (isOld) return;
        setRest(read);
        setRestErrors([]);
      },
      (error) => {
        if (!(error instanceof RequestError)) throw error;
        if (!isOld) setRestErrors(error.errors);
      },
    );
    return () => {
      isOld = true;
    };
  }, [data, ask, cluster]);
  // The same list until it is read again: what is made of it is made once.
  const services = useMemo(
    () => data?.services && [...data.services.edges.map(({ node }) => node), ...rest],
    [data, rest],
  );
  return { services: services ?? null, errors: [...errors, ...restErrors], loading, reload };
};

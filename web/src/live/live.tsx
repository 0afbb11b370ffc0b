// The store within React, and queries that are asked again when what they show has changed.
import type { AnyVariables, Client } from '@urql/core';
import { createContext, type ReactNode, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import { Provider, useQuery } from 'urql';
import type { Live, Store, Topic } from './store.ts';
import { type ApiError, type Ask, apiErrors, type TypedDocument } from './transport.ts';

const Context = createContext<{ store: Store; ask: Ask } | null>(null);

export const LiveProvider = ({
  store,
  ask,
  requests,
  children,
}: {
  store: Store;
  ask: Ask;
  requests: Client;
  children: ReactNode;
}) => (
  <Provider value={requests}>
    <Context.Provider value={{ store, ask }}>{children}</Context.Provider>
  </Provider>
);

const useContextOfLive = () => {
  const context = useContext(Context);
  if (!context) throw new Error('outside of a LiveProvider');
  return context;
};

/** A part of the store; the component is drawn anew when that part is another object. */
export const useLive = <Part,>(part: (live: Live) => Part): Part => {
  const { store } = useContextOfLive();
  return useSyncExternalStore(store.listen, () => part(store.get()));
};

export const useAsk = (): Ask => useContextOfLive().ask;

/** Milliseconds between two reads of the same query at least: a burst of events is one read. */
const pauseMs = 150;

/**
 * What a page shows beyond the store.
 * @param topics which changes make it be read again.
 * @param everySeconds also read so often while the page is in sight: for what no event tells, such as tasks.
 */
export const useLiveQuery = <Data, Variables extends AnyVariables>(
  document: TypedDocument<Data, Variables>,
  variables: Variables,
  {
    topics,
    everySeconds,
    pause = false,
  }: { topics: readonly Topic[]; everySeconds?: number; pause?: boolean },
): { data: Data | undefined; errors: readonly ApiError[]; loading: boolean; reload: () => void } => {
  const [{ data, error, fetching }, execute] = useQuery<Data, Variables>({
    query: document.toString(),
    variables,
    pause,
  } as Parameters<typeof useQuery<Data, Variables>>[0]);
  const tick = useLive(({ ticks }) => topics.reduce((sum, topic) => sum + ticks[topic], 0));
  const isLive = useLive(({ link }) => link.state === 'live');
  const seen = useRef(tick);
  const reload = () => execute({ requestPolicy: 'network-only' });
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    if (pause || seen.current === tick) return;
    const timer = setTimeout(() => {
      seen.current = tick;
      latest.current();
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [tick, pause]);
  useEffect(() => {
    if (everySeconds === undefined || pause || !isLive) return;
    const timer = setInterval(() => {
      if (window.document.visibilityState === 'visible') latest.current();
    }, everySeconds * 1_000);
    return () => clearInterval(timer);
  }, [everySeconds, pause, isLive]);
  return { data, errors: error ? apiErrors(error) : [], loading: fetching && !data, reload };
};

// The history's newest records, kept up to date without moving what is being read.
import { useCallback, useEffect, useRef, useState } from 'react';
import {
  type AuditFilter,
  AuditLogDocument,
  type AuditLogQuery,
  type AuditLogQueryVariables,
} from '../../generated/documents.ts';
import { useAsk, useLive } from '../live/live.tsx';
import { type ApiError, RequestError } from '../live/transport.ts';

export type Row = AuditLogQuery['auditLog']['edges'][number];

type Read = {
  rows: readonly Row[];
  /** Newer than `rows`, newest first: they are shown when asked for. */
  held: readonly Row[];
  /** More came than one page holds: only a new read shows them all. */
  isBehind: boolean;
  hasMore: boolean;
  errors: readonly ApiError[];
  loading: boolean;
};

const nothing: Read = { rows: [], held: [], isBehind: false, hasMore: false, errors: [], loading: true };
const pageSize = 50;
const mostAtOnce = 100;
/** At the top of the page no more than so many are kept: the rest is a page away. */
const mostKept = 300;
/** Milliseconds after the last key, or event, until the server is asked. */
const pauseMs = 200;

const isAtTop = (): boolean => window.scrollY < 80;

const withHeld = (read: Read): Read => {
  const rows = [...read.held, ...read.rows];
  return {
    ...read,
    rows: rows.slice(0, mostKept),
    held: [],
    hasMore: read.hasMore || rows.length > mostKept,
  };
};

export const useRecords = (filter: AuditFilter | null) => {
  const ask = useAsk();
  const tick = useLive(({ ticks }) => ticks.audit);
  const [read, setRead] = useState<Read>(nothing);
  const latest = useRef(read);
  latest.current = read;
  const key = JSON.stringify(filter);
  const wanted = useRef(filter);
  wanted.current = filter;
  /** Counts up with each other filter: an answer to an earlier one is thrown away. */
  const turn = useRef(0);

  const page = useCallback(
    async (
      range: Omit<AuditLogQueryVariables, 'filter'>,
      take: (answer: AuditLogQuery['auditLog']) => void,
    ) => {
      const mine = turn.current;
      try {
        const { auditLog } = await ask(AuditLogDocument, { filter: wanted.current, ...range });
        if (mine === turn.current) take(auditLog);
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        const { errors } = error;
        if (mine === turn.current) setRead((known) => ({ ...known, errors, loading: false }));
      }
    },
    [ask],
  );
  const reload = useCallback(
    () =>
      page({ first: pageSize }, ({ edges, pageInfo }) =>
        setRead({ ...nothing, rows: edges, hasMore: pageInfo.hasNextPage, loading: false }),
      ),
    [page],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when the filter is another one
  useEffect(() => {
    turn.current += 1;
    setRead((known) => ({ ...known, loading: true }));
    const timer = setTimeout(() => void reload(), latest.current.rows.length > 0 ? pauseMs : 0);
    return () => clearTimeout(timer);
  }, [key, reload]);

  const seen = useRef(tick);
  useEffect(() => {
    if (seen.current === tick) return;
    const timer = setTimeout(() => {
      seen.current = tick;
      const { rows, held } = latest.current;
      const newest = held[0] ?? rows[0];
      if (!newest) return void reload();
      void page({ last: mostAtOnce, before: newest.cursor }, ({ edges, pageInfo }) => {
        if (pageInfo.hasPreviousPage && isAtTop()) return void reload();
        setRead((known) => {
          const top = (known.held[0] ?? known.rows[0])?.node.seq ?? 0;
          const held = [...edges.filter(({ node }) => node.seq > top), ...known.held];
          const next = { ...known, held, isBehind: known.isBehind || pageInfo.hasPreviousPage, errors: [] };
          return isAtTop() && !next.isBehind ? withHeld(next) : next;
        });
      });
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [tick, page, reload]);

  return {
    ...read,
    reload: () => void reload(),
    showMore: () => {
      const last = read.rows.at(-1);
      if (!last) return;
      void page({ first: pageSize, after: last.cursor }, ({ edges, pageInfo }) =>
        setRead((known) => {
          const bottom = known.rows.at(-1)?.node.seq ?? 0;
          const older = edges.filter(({ node }) => node.seq < bottom);
          return { ...known, rows: [...known.rows, ...older], hasMore: pageInfo.hasNextPage, errors: [] };
        }),
      );
    },
    showHeld: () => {
      if (read.isBehind) void reload();
      else setRead(withHeld);
    },
  };
};

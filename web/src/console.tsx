// Signed in: the store is filled and followed, and the pages stand on it.
import { useEffect, useState } from 'react';
import { ActingProvider } from './acting/acting.tsx';
import { follow } from './live/follow.ts';
import { LiveProvider } from './live/live.tsx';
import { createStore } from './live/store.ts';
import { createAsk, createRequests, createSocket } from './live/transport.ts';
import { Routes } from './routes.tsx';
import { type Refusal, signOut } from './session/session.ts';
import { type Viewer, ViewerProvider } from './session/viewer.tsx';
import { Shell } from './shell/shell.tsx';

const ended: Refusal = {
  code: 'SESSION_ENDED',
  message: 'Your session ended: you signed out elsewhere, its time was over, or it or its key was revoked.',
  hint: null,
};

export const Console = ({ viewer, onEnd }: { viewer: Viewer; onEnd: (refusal: Refusal | null) => void }) => {
  const [{ store, requests, ask }] = useState(() => {
    const requests = createRequests();
    return { store: createStore(), requests, ask: createAsk(requests) };
  });
  useEffect(() => {
    const link = (state: 'live' | 'reconnecting') =>
      store.change((live) =>
        live.link.state === state ? live : { ...live, link: { state, since: Date.now() } },
      );
    const socket = createSocket({
      onOpen: () => link('live'),
      onCut: () => link('reconnecting'),
      onEnded: () => onEnd(ended),
    });
    const stop = follow({ store, ask, socket });
    return () => {
      stop();
      void socket.dispose();
    };
  }, [store, ask, onEnd]);
  return (
    <ViewerProvider viewer={viewer}>
      <LiveProvider store={store} ask={ask} requests={requests}>
        <ActingProvider>
          <Shell onSignOut={() => void signOut().then(() => onEnd(null))}>
            <Routes />
          </Shell>
        </ActingProvider>
      </LiveProvider>
    </ViewerProvider>
  );
};

// From nothing to signed in: a ticket in the address, a session that is there already, or the sign-in page, perhaps with
// why a sign-in elsewhere did not come about.
import { Center } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { ViewerDocument } from '../generated/documents.ts';
import { Console } from './console.tsx';
import { createAsk, createRequests, RequestError } from './live/transport.ts';
import { Errors, Loading } from './parts/states.tsx';
import { takeRefusal } from './session/provider.ts';
import { type Refusal, signIn, takeTicket } from './session/session.ts';
import { SignIn } from './session/sign-in.tsx';
import type { Viewer } from './session/viewer.tsx';

type State =
  | { at: 'start' }
  | { at: 'sign-in'; refusal: Refusal | null }
  | { at: 'unreachable'; error: RequestError }
  | { at: 'console'; viewer: Viewer };

// Once, when the page is loaded: React may run an effect twice, and a ticket works once.
const ticket = takeTicket();
const refused = takeRefusal();
let firstSignIn: Promise<Refusal | null> | null =
  ticket === null ? refused && Promise.resolve(refused) : signIn({ ticket });

export const App = () => {
  const [state, setState] = useState<State>({ at: 'start' });
  const look = useCallback(async (refusal: Refusal | null = null): Promise<void> => {
    try {
      const { viewer } = await createAsk(createRequests())(ViewerDocument, {});
      setState({ at: 'console', viewer });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      const isUnknown = error.errors.some(({ code }) => code === 'UNAUTHENTICATED');
      setState(isUnknown ? { at: 'sign-in', refusal } : { at: 'unreachable', error });
    }
  }, []);
  useEffect(() => {
    const outcome = firstSignIn;
    firstSignIn = null;
    void (async () => look(outcome ? await outcome : null))();
  }, [look]);
  const toSignIn = useCallback((refusal: Refusal | null) => setState({ at: 'sign-in', refusal }), []);

  if (state.at === 'start') return <Loading what="who you are" />;
  if (state.at === 'sign-in') return <SignIn refusal={state.refusal} onDone={() => void look()} />;
  if (state.at === 'unreachable')
    return (
      <Center component="main" mih="100vh">
        <Errors errors={state.error.errors} onRetry={() => void look()} />
      </Center>
    );
  return <Console key={state.viewer.id} viewer={state.viewer} onEnd={toSignIn} />;
};

// The page before all others.
import { Alert, Button, Card, Center, Code, Divider, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { type Provider, readProvider, startOf } from './provider.ts';
import { type Refusal, signIn } from './session.ts';

/** @param refusal of a sign-in link, or of a sign-in elsewhere, that was tried before. */
export const SignIn = ({ refusal: earlier, onDone }: { refusal: Refusal | null; onDone: () => void }) => {
  const [key, setKey] = useState('');
  const [refusal, setRefusal] = useState(earlier);
  const [busy, setBusy] = useState(false);
  const [provider, setProvider] = useState<Provider | null>(null);
  useEffect(() => void readProvider().then(setProvider), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const refused = await signIn({ key: key.trim() });
    setBusy(false);
    setRefusal(refused);
    if (!refused) onDone();
  };
  return (
    <Center component="main" mih="100vh" p="md">
      <Card withBorder shadow="sm" w={420} p="xl">
        <form onSubmit={submit}>
          <Stack>
            <img src="/skep.svg" alt="" width={48} height={48} />
            <Title order={1}>Sign in to Skep</Title>
            {refusal && (
              <Alert color="red" title={refusal.code} role="alert">
                {refusal.message}
                {refusal.hint && <Text size="sm">{refusal.hint}</Text>}
              </Alert>
            )}
            {provider && (
              <>
                <Button component="a" href={startOf(provider)}>
                  Sign in with {provider.name}
                </Button>
                <Divider label="or with a key" />
              </>
            )}
            <PasswordInput
              label="API key"
              description="It is exchanged for a session and not kept in the browser."
              placeholder="skep_key_…"
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
              required
            />
            <Button
              type="submit"
              variant={provider ? 'default' : 'filled'}
              loading={busy}
              disabled={key.trim() === ''}
            >
              Sign in
            </Button>
            <Text size="sm" c="dimmed">
              Or open a sign-in link: whoever holds a key makes one by the mutation{' '}
              <Code>createSignInLink</Code>. It works once, for five minutes.
            </Text>
          </Stack>
        </form>
      </Card>
    </Center>
  );
};

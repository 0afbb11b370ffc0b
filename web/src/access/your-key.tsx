// Who the viewer is to the server, and what that allows.
import { Accordion, Card, Group, Text, Title } from '@mantine/core';
import { StateBadge } from '../parts/badges.tsx';
import { Facts } from '../parts/facts.tsx';
import { plural } from '../parts/words.ts';
import { useViewer } from '../session/viewer.tsx';
import { ClusterNames } from './cluster-names.tsx';
import { PermissionList } from './permission-list.tsx';
import { SignInLinkButton } from './sign-in-link.tsx';

/** @param isOpen whether the permissions are in sight from the start. */
export const YourKey = ({ isOpen }: { isOpen: boolean }) => {
  const viewer = useViewer();
  const what = viewer.kind === 'PERSON' ? 'You' : 'Your key';
  return (
    <Card withBorder component="section" aria-labelledby="your-key">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="your-key">
          {what}
        </Title>
        <SignInLinkButton />
      </Group>
      <Facts
        label={what}
        facts={[
          ['Name', viewer.name],
          ['Role', <StateBadge key="role" state={viewer.role} />],
          ['Clusters', <ClusterNames key="clusters" ids={viewer.clusters} />],
        ]}
      />
      <Accordion mt="xs" variant="contained" chevronPosition="left" defaultValue={isOpen ? 'may' : null}>
        <Accordion.Item value="may">
          <Accordion.Control>
            <Text size="sm">
              What {viewer.kind === 'PERSON' ? 'you' : 'it'} may:{' '}
              {plural(viewer.permissions.length, 'permission')}
            </Text>
          </Accordion.Control>
          <Accordion.Panel>
            <PermissionList
              label={viewer.kind === 'PERSON' ? 'Your permissions' : 'Permissions of your key'}
              names={viewer.permissions}
            />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Card>
  );
};

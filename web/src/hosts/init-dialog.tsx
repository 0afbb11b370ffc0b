// A swarm of one host: which address it has, and what can be said when it is made and never afterwards.
import { Accordion, Checkbox, NumberInput, Stack, TagsInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActDialog } from '../acting/act-dialog.tsx';
import { useAsk } from '../live/live.tsx';
import type { LiveHost } from '../live/store.ts';
import { AddressInput } from './address-input.tsx';
import { ownAddresses } from './addresses.ts';
import { initAct } from './host-acts.ts';

const orNull = (text: string): string | null => text.trim() || null;
const numberOf = (value: string | number): number | null => (typeof value === 'number' ? value : null);

export const InitDialog = ({ host, onClose }: { host: LiveHost; onClose: () => void }) => {
  const ask = useAsk();
  const [name, setName] = useState('');
  const [advertise, setAdvertise] = useState(() => ownAddresses(host)[0]?.address ?? '');
  const [listen, setListen] = useState('');
  const [dataPath, setDataPath] = useState('');
  const [dataPort, setDataPort] = useState<number | null>(null);
  const [autolock, setAutolock] = useState(false);
  const [pool, setPool] = useState<string[]>([]);
  const [subnetSize, setSubnetSize] = useState<number | null>(null);
  const act = initAct(ask, host, {
    name: orNull(name),
    advertiseAddr: orNull(advertise),
    listenAddr: orNull(listen),
    dataPathAddr: orNull(dataPath),
    dataPathPort: dataPort,
    autolock,
    defaultAddrPool: pool.length > 0 ? pool : null,
    subnetSize: pool.length > 0 ? subnetSize : null,
  });
  return (
    <ActDialog act={act} onClose={onClose} isComplete={advertise.trim() !== ''}>
      <TextInput
        label="Name of the cluster"
        description="In Skep; empty: made of its id."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={100}
      />
      <AddressInput
        host={host}
        label="Advertised address"
        description="Where the other nodes reach it: one of its own, or what is right behind NAT."
        value={advertise}
        onChange={setAdvertise}
      />
      <Accordion variant="contained" chevronPosition="left">
        <Accordion.Item value="more">
          <Accordion.Control>More</Accordion.Control>
          <Accordion.Panel>
            <Stack>
              <AddressInput
                host={host}
                label="Listen address"
                placeholder="0.0.0.0:2377"
                value={listen}
                onChange={setListen}
              />
              <AddressInput
                host={host}
                label="Data path address"
                description="For the traffic of overlay networks."
                placeholder="as advertised"
                value={dataPath}
                onChange={setDataPath}
              />
              <NumberInput
                label="Data path port, UDP"
                placeholder="4789"
                min={1024}
                max={49_151}
                allowDecimal={false}
                value={dataPort ?? ''}
                onChange={(value) => setDataPort(numberOf(value))}
              />
              <TagsInput
                label="Address pool"
                description="Subnets that overlay networks are made of, such as 10.20.0.0/16."
                placeholder="subnet, then Enter"
                value={pool}
                onChange={setPool}
              />
              <NumberInput
                label="Size of each subnet of the pool, bits"
                placeholder="24"
                min={1}
                max={30}
                allowDecimal={false}
                disabled={pool.length === 0}
                value={subnetSize ?? ''}
                onChange={(value) => setSubnetSize(numberOf(value))}
              />
              <Checkbox
                label="Autolock: managers wait for the unlock key after a restart"
                checked={autolock}
                onChange={(event) => setAutolock(event.currentTarget.checked)}
              />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </ActDialog>
  );
};

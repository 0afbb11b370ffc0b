// A menu of acts. Each is judged when the menu opens; what would be refused is disabled, with the reason in sight.
import { Button, type ButtonProps, Loader, Menu, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useRef, useState } from 'react';
import { RequestError } from '../live/transport.ts';
import { type Act, isOverridable } from './act.ts';
import { useDialog } from './acting.tsx';

/** `refused`: no use to open it. `guarded`: it can be overridden. */
export type Verdict = { is: 'allowed' | 'guarded' | 'refused'; why: string | null };

/** @param whyNot null: allowed. */
export const byReason = (whyNot: string | null): Verdict =>
  whyNot === null ? { is: 'allowed', why: null } : { is: 'refused', why: whyNot };

/** The server's own verdict, by a dry run. */
export const judge = async (act: Act): Promise<Verdict> => {
  try {
    const seen = await act.run({ dryRun: true });
    if (seen.state === 'SUCCEEDED') return byReason(null);
    if (isOverridable(seen))
      return { is: 'guarded', why: seen.guards.map(({ message }) => message).join(' ') };
    const ofTarget = seen.targets.find(({ failure }) => failure)?.failure?.message;
    return byReason(ofTarget ?? seen.failure?.message ?? seen.state);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return byReason(error.message);
  }
};

export type MenuAct = {
  title: string;
  isDestructive?: boolean;
  verdict: () => Verdict | Promise<Verdict>;
  dialog: (close: () => void) => ReactNode;
};

export const ActMenu = ({
  label,
  acts,
  isDisabled = false,
  size,
}: {
  label: string;
  acts: readonly MenuAct[];
  isDisabled?: boolean;
  size?: ButtonProps['size'];
}) => {
  const open = useDialog();
  const [verdicts, setVerdicts] = useState<Readonly<Record<string, Verdict>>>({});
  const asking = useRef(0);
  const judgeAll = (): void => {
    asking.current += 1;
    const asked = asking.current;
    setVerdicts({});
    for (const { title, verdict } of acts)
      void Promise.resolve(verdict()).then((told) => {
        // Of an earlier opening: about other nodes perhaps.
        if (asking.current === asked) setVerdicts((known) => ({ ...known, [title]: told }));
      });
  };
  return (
    <Menu position="bottom-end" width={320} onOpen={judgeAll} shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          {...(size ? { size } : {})}
          disabled={isDisabled}
          rightSection={<IconChevronDown size={16} aria-hidden />}
          // What the key A in a list opens.
          data-page-menu
        >
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map(({ title, isDestructive = false, dialog }) => {
          const verdict = verdicts[title];
          return (
            <Menu.Item
              key={title}
              disabled={verdict?.is === 'refused'}
              color={isDestructive ? 'red.8' : undefined}
              rightSection={verdict ? null : <Loader size={12} aria-label="asking" />}
              onClick={() => open(dialog)}
            >
              {title}
              {verdict?.why && (
                <Text size="xs" c="dimmed" lineClamp={2} title={verdict.why}>
                  {verdict.why}
                </Text>
              )}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
};

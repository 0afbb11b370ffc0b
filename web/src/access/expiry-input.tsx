// Until when a key is good: in so many days, or to a day; a year at most.
import { Group, Select, TextInput } from '@mantine/core';

export type Expiry = { days: string; day: string };

const dayMs = 24 * 3_600_000;
const most = 365;

const choices = [
  { value: '1', label: 'In a day' },
  { value: '7', label: 'In a week' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: String(most), label: 'In a year, the longest' },
  { value: 'day', label: 'On a day …' },
] as const;

/** @returns null: the server's default, a year; undefined: not answered yet, or no day that can be. */
export const expiresAt = ({ days, day }: Expiry, now = Date.now()): string | null | undefined => {
  if (days === String(most)) return null;
  if (days !== 'day') return new Date(now + Number(days) * dayMs).toISOString();
  const at = new Date(`${day}T00:00`).getTime();
  return at > now && at <= now + most * dayMs ? new Date(at).toISOString() : undefined;
};

/** `2026-11-29`, in the viewer's own time zone, as a date input has it. */
const inputDay = (at: number): string => {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
};

export const ExpiryInput = ({ value, onChange }: { value: Expiry; onChange: (value: Expiry) => void }) => (
  <Group align="flex-end" grow>
    <Select
      label="Expires"
      data={[...choices]}
      value={value.days}
      onChange={(days) => onChange({ ...value, days: days ?? '90' })}
      allowDeselect={false}
    />
    {value.days === 'day' && (
      <TextInput
        type="date"
        label="Day"
        min={inputDay(Date.now() + dayMs)}
        max={inputDay(Date.now() + most * dayMs)}
        value={value.day}
        onChange={(event) => onChange({ ...value, day: event.currentTarget.value })}
        required
      />
    )}
  </Group>
);

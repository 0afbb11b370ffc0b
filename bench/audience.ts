// Subscribers in a process of their own, and what they have been sent so far.
import { until } from '../test/support/until.ts';
import type { Context } from './measure.ts';
import { startPeer } from './peer.ts';
import type { Subscribing } from './peers/subscribers.ts';

type Counts = { ready: number; frames: number; sample: string };

export type Audience = {
  /** Does something, and waits until so many more frames have arrived. @returns the first frame ever received. */
  hears(frames: number, work: () => Promise<void>): Promise<string>;
};

/** Starts them, and waits until all have subscribed. */
export const startAudience = async (context: Context, subscribing: Subscribing): Promise<Audience> => {
  const { port } = await startPeer(context, 'subscribers', subscribing);
  const ask = async (): Promise<Counts> => (await fetch(`http://127.0.0.1:${port}/`)).json();
  await until(async () => (await ask()).ready === subscribing.count, 'all have subscribed', 120_000);
  let heard = 0;
  return {
    hears: async (frames, work) => {
      await work();
      heard += frames;
      const last = await until(
        async () => {
          const counts = await ask();
          return counts.frames >= heard ? counts : null;
        },
        'all have been told',
        60_000,
      );
      if (last.frames !== heard) throw new Error(`${last.frames} frames, and not ${heard}`);
      return last.sample;
    },
  };
};

// All measures: one import and one line each.
import type { Measure } from './measure.ts';
import { agentFloor } from './measures/agent-floor.ts';
import { auditIntents } from './measures/audit-intents.ts';
import { auditPages } from './measures/audit-pages.ts';
import { cliStart } from './measures/cli-start.ts';
import { consoleMeasure } from './measures/console.ts';
import { engineToScreen } from './measures/engine-to-screen.ts';
import { engineToSubscriber } from './measures/engine-to-subscriber.ts';
import { fanOut1000, fanOut5000 } from './measures/fan-out.ts';
import { idleHosts } from './measures/idle-hosts.ts';
import { mutationMeasure } from './measures/mutation.ts';
import { nodes } from './measures/nodes.ts';
import { replay10000 } from './measures/replay.ts';
import { scrapes } from './measures/scrape.ts';
import { serverStart } from './measures/server-start.ts';
import { storm } from './measures/storm.ts';
import { subscriberMemory } from './measures/subscriber-memory.ts';

export const measures: readonly Measure[] = [
  // One a line, so that two that are added side by side merge.
  auditIntents,
  auditPages,
  agentFloor,
  engineToSubscriber,
  mutationMeasure,
  idleHosts,
  storm,
  nodes,
  scrapes,
  serverStart,
  fanOut1000,
  fanOut5000,
  subscriberMemory,
  replay10000,
  consoleMeasure,
  engineToScreen,
  cliStart,
];

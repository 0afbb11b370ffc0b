// What a rolling maintenance is made with.
import type { Clusters } from '../clusters/registry.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import type { Commands } from '../hosts/commands.ts';
import type { Links } from '../hosts/links.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { DrainParts } from '../nodes/drain.ts';
import type { Away } from './away.ts';
import type { Hooks } from './hooks.ts';

export type MaintenanceParts = DrainParts & {
  clusters: Clusters;
  hosts: Hosts;
  links: Links;
  commands: Commands;
  scopeOf: ScopeOf;
  hooks: Hooks;
  away: Away;
};

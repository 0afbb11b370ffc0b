// `skep fleet`: what a swarm is declared to be, how far it is from that, and taking it there.
import type { Command } from 'commander';
import { act } from '../act.ts';
import { group, leaf, plain, type Setting } from '../command.ts';
import { notFound } from '../complaint.ts';
import { theCluster } from '../find.ts';
import { type FleetPlan, fleetPage, planPage, quietDifference } from '../fleet-page.ts';
import {
  ApplyFleetDocument,
  FleetOfDocument,
  ForgetFleetDocument,
  PlanFleetDocument,
} from '../generated/documents.ts';
import { readDocument } from '../values.ts';

const fromFile = 'a file, or - for standard input';

export const addFleet = (setting: Setting, program: Command): void => {
  const fleet = group(program, 'fleet', 'Declare a whole swarm in one document, and take it there');

  leaf(
    setting,
    fleet,
    'plan <file>',
    {
      summary: `Show what differs from a document, and by which steps it would be done; of ${fromFile}`,
      examples: ['fleet plan fleet.yaml', 'fleet plan - --format json < fleet.yaml'],
    },
    plain,
    async (session, [file = '']) => {
      const document = readDocument(file);
      const { planFleet: plan }: { planFleet: FleetPlan | null } = await session.ask(PlanFleetDocument, {
        document,
      });
      if (!plan) throw notFound('there is no cluster of the id that the document names', 'skep cluster ls');
      if (session.format === 'json') session.out(JSON.stringify(plan, null, 2));
      else if (session.quiet)
        for (const difference of plan.differences) session.out(quietDifference(difference));
      else session.out(planPage(plan));
      return plan.inSync ? 'succeeded' : 'differs';
    },
  );

  leaf(
    setting,
    fleet,
    'apply <file>',
    {
      summary: `Take a swarm to what a document says, step by step; of ${fromFile}`,
      acts: true,
      examples: ['fleet apply fleet.yaml --dry-run', "fleet apply fleet.yaml --reason 'the new rack'"],
    },
    plain,
    async (session, [file = ''], options) =>
      act(session, ApplyFleetDocument, { document: readDocument(file) }, options, ({ targets }) =>
        targets.length === 0 && !session.quiet
          ? ['All is as the document says already.']
          : targets.map(({ name }) => name),
      ),
  );

  leaf(
    setting,
    fleet,
    'show [cluster]',
    {
      summary: 'Show what a cluster was declared to be, and what differs since; -q: the document',
      aliases: ['inspect'],
      examples: ['fleet show', 'fleet show shop -q > fleet.yaml'],
    },
    plain,
    async (session, [name]) => {
      const { id } = await theCluster(session, name);
      const { cluster } = await session.ask(FleetOfDocument, { cluster: id });
      if (!cluster?.fleet)
        throw notFound(
          `no fleet document was applied to ${cluster?.name ?? id}`,
          'apply one: skep fleet apply FILE',
        );
      if (session.format === 'json') session.out(JSON.stringify(cluster.fleet, null, 2));
      // YAML reads both ends of a line alike, and a terminal is shown no carriage return.
      else if (session.quiet) session.out(cluster.fleet.document.replaceAll('\r\n', '\n').replace(/\n$/, ''));
      else session.out(fleetPage(cluster.name, cluster.fleet));
      return 'succeeded';
    },
  );

  leaf(
    setting,
    fleet,
    'forget [cluster]',
    {
      summary: 'End the watch of what a cluster was declared to be; it stays as it is',
      acts: true,
      examples: ["fleet forget shop --reason 'it is changed by hand'"],
    },
    plain,
    async (session, [ref], options) => {
      const { id, name } = await theCluster(session, ref);
      return act(session, ForgetFleetDocument, { cluster: id }, options, () => [name]);
    },
  );
};

// The agents' schema (agent.graphql): what an agent and the server say to each other. Descriptions are the contract.
import './agent-schema/enums.ts';
import './agent-schema/attach.ts';
import './agent-schema/label.ts';
import './agent-schema/network-commands.ts';
import './agent-schema/secret-commands.ts';
import './agent-schema/report.ts';
import './agent-schema/witness.ts';
import './agent-schema/service-commands.ts';
import './agent-schema/command-bodies.ts';
import './agent-schema/commands.ts';
import type { GraphQLSchema } from 'graphql';
import { builder } from './agent-schema/builder.ts';

export const agentSchema: GraphQLSchema = builder.toSchema();

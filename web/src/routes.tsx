// Which page is at which address. Each is loaded when it is first opened.
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { Empty, Loading } from './parts/states.tsx';

const Overview = lazy(() => import('./overview/overview.tsx'));
const Nodes = lazy(() => import('./nodes/nodes.tsx'));
const Node = lazy(() => import('./nodes/node.tsx'));
const Services = lazy(() => import('./services/services.tsx'));
const Hosts = lazy(() => import('./hosts/hosts.tsx'));
const Host = lazy(() => import('./hosts/host.tsx'));
const Service = lazy(() => import('./services/service.tsx'));
const Networks = lazy(() => import('./networks/networks.tsx'));
const Network = lazy(() => import('./networks/network.tsx'));
const Secrets = lazy(() => import('./secrets/secrets.tsx'));
const Operations = lazy(() => import('./operations/operations.tsx'));
const Operation = lazy(() => import('./operations/operation.tsx'));
const Access = lazy(() => import('./access/access.tsx'));
const Audit = lazy(() => import('./audit/audit.tsx'));
const Readiness = lazy(() => import('./readiness/readiness.tsx'));
const Fleet = lazy(() => import('./fleet/fleet.tsx'));
const Maintenance = lazy(() => import('./maintenance/maintenance.tsx'));
const AuditRecord = lazy(() => import('./audit/record.tsx'));

export const Routes = () => (
  <Suspense fallback={<Loading what="the page" />}>
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/nodes" component={Nodes} />
      <Route path="/nodes/:id">{({ id }) => <Node key={id} id={id} />}</Route>
      <Route path="/services" component={Services} />
      <Route path="/hosts" component={Hosts} />
      <Route path="/hosts/:id">{({ id }) => <Host key={id} id={id} />}</Route>
      <Route path="/services/:cluster/:id">
        {({ cluster, id }) => <Service key={`${cluster} ${id}`} cluster={cluster} id={id} />}
      </Route>
      <Route path="/networks" component={Networks} />
      <Route path="/networks/:cluster/:id">
        {({ cluster, id }) => <Network key={`${cluster} ${id}`} cluster={cluster} id={id} />}
      </Route>
      <Route path="/secrets" component={Secrets} />
      <Route path="/operations" component={Operations} />
      <Route path="/operations/:id">{({ id }) => <Operation key={id} id={id} />}</Route>
      <Route path="/access" component={Access} />
      <Route path="/readiness" component={Readiness} />
      <Route path="/fleet" component={Fleet} />
      <Route path="/maintenance" component={Maintenance} />
      <Route path="/audit" component={Audit} />
      <Route path="/audit/:seq">{({ seq }) => <AuditRecord key={seq} seq={seq} />}</Route>
      <Route>
        <Empty title="There is no such page">The address may be of something that was removed.</Empty>
      </Route>
    </Switch>
  </Suspense>
);

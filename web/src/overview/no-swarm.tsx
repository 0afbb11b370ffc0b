// What a page shows of clusters while there is none.
import { Empty } from '../parts/states.tsx';
import { FirstSteps } from './first-steps.tsx';

export const NoSwarm = () => (
  <Empty title="No swarm yet">
    <FirstSteps />
  </Empty>
);

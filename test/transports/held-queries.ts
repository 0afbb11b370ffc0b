// Queries of the projection, which the lane before yoga holds: as they are, or with something beside.

export type HeldQuery = { name: string; variables: readonly string[]; of(beside: string): string };

const node = `id hostname role observedRole availability status { state address message } downSince
  managerStatus { leader reachability address } labels { key value } engineLabels { key value }
  platform { os architecture } resources { cpus memoryBytes } engineVersion plugins { type name }
  joinedAt updatedAt version stale`;

export const heldQueries: readonly HeldQuery[] = [
  {
    name: 'a page with all of each node',
    variables: ['first', 'orderBy'],
    of: (beside) =>
      `query($first: Int, $orderBy: NodeOrder) { nodes(first: $first, orderBy: $orderBy) {
        totalCount edges { cursor node { ${node} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } ${beside} }`,
  },
  {
    name: 'a filter, aliases, __typename, fields that merge, and what is selected by a variable',
    variables: ['filter', 'with'],
    of: (beside) =>
      `query Some($filter: NodeFilter, $with: Boolean! = true) {
        __typename
        some: nodes(filter: $filter, first: 2) { __typename edges { node { ...Named name: hostname labels @include(if: $with) { key } } } }
        some: nodes(filter: $filter, first: 2) { edges { node { id labels @include(if: $with) { value } } } }
        ${beside}
      }
      fragment Named on Node { id ... on Node @skip(if: $with) { availability } cluster { name counts { nodes ready } } }`,
  },
  {
    name: 'clusters with their nodes, and where the events stand',
    variables: ['first'],
    of: (beside) =>
      `query($first: Int) { clusters { id name state adoptedAt spec settings { taskHistoryLimit } nodes(first: $first) {
        totalCount eventCursor edges { node { id labels { key value } stale } } } } ${beside} }`,
  },
];

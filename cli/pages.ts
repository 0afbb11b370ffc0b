// Lists as a whole, page by page.
type Page<Node> = {
  edges: readonly { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

/** Every node of a connection. @param read one page after a cursor; null: there is no such list. */
export const allOf = async <Node>(
  read: (after: string | null) => Promise<Page<Node> | null>,
): Promise<Node[]> => {
  const nodes: Node[] = [];
  let after: string | null = null;
  do {
    const page: Page<Node> | null = await read(after);
    if (page === null) break;
    nodes.push(...page.edges.map(({ node }) => node));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return nodes;
};

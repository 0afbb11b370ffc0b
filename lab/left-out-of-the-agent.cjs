// Stands in the agent's bundle for what its libraries load and the agent never uses. Loading it costs nothing; whoever
// uses it after all is told.
module.exports = (name) => {
  const fail = () => {
    throw new Error(`${name} is left out of the agent (lab/build-agent.mjs)`);
  };
  const stand = new Proxy(function leftOut() {}, {
    // Not the symbols: to be asked by `instanceof` is no use.
    get: (_, key) => (typeof key === 'symbol' ? undefined : stand),
    apply: fail,
    construct: fail,
  });
  return stand;
};

// Stands in the agent's bundle for what dockerode loads and the agent never uses (SSH, gRPC for builds): a third of its
// start and of its memory.
module.exports = {};

# A query, two mutations and a subscription: SKEP_URL=… SKEP_KEY=… bash curl.sh <node>
set -euo pipefail
node=$1

# The key comes from a descriptor: what stands among arguments can be read by everybody on the machine.
skep() {
  curl -sSN "$SKEP_URL" -H @<(printf 'authorization: Bearer %s\n' "$SKEP_KEY") \
    -H 'content-type: application/json' -H "accept: ${2:-application/json}" -d "$1" && echo
}

# Where the events stand now, so that the subscription below tells of all that comes after.
cursor=$(skep '{ "query": "{ eventCursor }" }' | sed 's/.*"eventCursor":"\([^"]*\)".*/\1/')
skep '{ "query": "{ nodes(first: 100) { edges { node { hostname role status { state } } } } }" }'

# Sent again with the same idempotency key, it is done once.
skep '{ "query": "mutation ($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { id state failure { code message hint } } }",
  "variables": { "input": { "nodes": ["'"$node"'"], "set": [{ "key": "seen", "value": "by-curl" }],
    "reason": "an example", "idempotencyKey": "curl-'"$(date +%s)"'" } } }'

# A refusal is no error: an operation in state REFUSED that says why. A dry run is only judged.
skep '{ "query": "mutation ($input: DemoteNodesInput!) { demoteNodes(input: $input) { state failure { code message hint } } }",
  "variables": { "input": { "nodes": ["'"$node"'"], "dryRun": true } } }'

# Until Ctrl-C. A refused cursor comes as data with "errors".
skep '{ "query": "subscription ($after: String) { nodeChanged(after: $after) { cursor kind node { hostname } changes { path old new } } }",
  "variables": { "after": "'"$cursor"'" } }' text/event-stream

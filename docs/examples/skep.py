# A query, two mutations and a subscription, by Python's own library: SKEP_URL=... SKEP_KEY=... python3 skep.py <node>
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

URL = os.environ["SKEP_URL"]
HEADERS = {
    "authorization": "Bearer " + os.environ["SKEP_KEY"],
    "content-type": "application/json",
}


class SkepError(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error.get("extensions", {}).get("code", "INTERNAL")


def body_of(query, variables):
    return json.dumps({"query": query, "variables": variables}).encode()


def data_of(answer):
    if answer.get("errors"):
        raise SkepError(answer["errors"][0])
    return answer["data"]


def ask(query, **variables):
    request = urllib.request.Request(URL, body_of(query, variables), {"accept": "application/json"})
    # Where a redirect leads the key must not go: urllib sends other headers on.
    for name, value in HEADERS.items():
        request.add_unredirected_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=180) as answer:
            return data_of(json.load(answer))
    except urllib.error.HTTPError as refused:
        # 401 and 429 have an answer, too.
        return data_of(json.load(refused))


def wait(operation):
    """A mutation answers when its operation has ended, or after waitSeconds; here until it has."""
    while operation["state"] in ("QUEUED", "RUNNING", "CANCELLING", "UNKNOWN"):
        time.sleep(1)
        operation = ask("query ($id: ID!) { operation(id: $id) { %s } }" % FIELDS, id=operation["id"])["operation"]
    return operation


def changes(after):
    """The events after a cursor, over every break: each next try begins where the last event was."""
    query = "subscription ($after: String) { nodeChanged(after: $after) { cursor kind node { hostname } changes { path old new } } }"
    address = urllib.parse.urlsplit(URL)
    connect = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    while True:
        # The server tells every few seconds that it is there; silence is a line that was cut.
        connection = connect(address.netloc, timeout=60)
        try:
            headers = {**HEADERS, "accept": "text/event-stream"}
            connection.request("POST", address.path, body_of(query, {"after": after}), headers)
            for line in connection.getresponse():
                if line.startswith(b"data: {"):
                    # CURSOR_TOO_OLD comes here, too: read anew, and begin at the cursor of that answer.
                    event = data_of(json.loads(line[6:]))["nodeChanged"]
                    after = event["cursor"]
                    yield event
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(1)


FIELDS = "id state failure { code message hint }"
node = sys.argv[1]

cursor = ask("{ eventCursor }")["eventCursor"]
for edge in ask("{ nodes(first: 100) { edges { node { hostname role status { state } } } } }")["nodes"]["edges"]:
    print(edge["node"])

labels = {
    "nodes": [node],
    "set": [{"key": "seen", "value": "by-python"}],
    "reason": "an example",
    # Sent again with the same key, it is done once.
    "idempotencyKey": str(uuid.uuid4()),
    "waitSeconds": 0,
}
document = "mutation ($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { %s } }" % FIELDS
print(wait(ask(document, input=labels)["updateNodeLabels"]))

# A refusal is no error: an operation in state REFUSED that says why. A dry run is only judged.
document = "mutation ($input: DemoteNodesInput!) { demoteNodes(input: $input) { %s } }" % FIELDS
print(ask(document, input={"nodes": [node], "dryRun": True})["demoteNodes"])

for event in changes(cursor):
    print(json.dumps(event), flush=True)

// Starts GraphiQL on this service. A link /graphql#key=… fills in a key; what follows # never reaches a server.
"use strict";

const EXAMPLES = [
  `# Groups of the former district of Châu Thành (877), with their tips by status.
query Groups {
  groups(filter: {area: "877", kind: SELF_GOVERNING, search: "tan phu"}, orderBy: NAME, first: 50) {
    totalCount
    nodes { id code name kind memberCount area { code name parent { name } } tipCounts { status count } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  `# Tips that wait, in today's province 82, the newest first.
query Tips {
  tips(filter: {area: "82", status: [RECEIVED, VERIFYING], receivedAt: {gte: "2024-01-01"}}, orderBy: RECEIVED_AT_DESC, first: 100) {
    nodes {
      code category { code name } channel status receivedAt
      area { code name } group { name } outcomes { kind count }
    }
  }
}
`,
  `# Quarterly numbers for each commune, in the areas of 2025-07-01.
query Metrics {
  metrics(indicators: ["tips.received", "groups.active"], area: "82", by: COMMUNE, from: "2024-01", to: "2025-12", period: QUARTER, geography: "2025-07-01") {
    indicator { code name unit }
    area { code name }
    points { period value qualifier precision }
  }
}
`,
  `# What groups did this year, by which outline, and how they were classified. Of people there are counts alone.
query Work {
  activities(filter: {area: "82", kind: QUARTERLY_MEETING, heldOn: {gte: "2026-01-01"}}, orderBy: HELD_ON_DESC, first: 20) {
    nodes { heldOn quarter attendance householdsPresent topics group { code name } outline { code edition title } }
  }
  reviews(filter: {area: "82"}, first: 20) {
    nodes { year total reviewClass group { code } points { criterion points maxPoints } }
  }
  memberCounts(area: "82", by: COMMUNE) { area { name } groups stated roster { role count } }
  enquiryCounts(by: [TOPIC, ANSWERED]) { topic answered count }
}
`,
  `# Passes on a tip. Sent again with the same idempotencyKey, it stores nothing and gives the tip that is there.
mutation SubmitTip {
  submitTip(input: {
    title: "Thử nghiệm: người lạ mặt ở đầu khóm"
    category: "STRANGERS"
    area: "29905"
    channel: API
    idempotencyKey: "graphiql-1"
  }) {
    tip { id code status area { name } }
    problems { field code message }
  }
}
`,
  `# Adds a note to a tip. Under Variables stands the newest tip that the key of the link shows, or put in another's id.
mutation AddTipNote($tip: ID!) {
  addTipNote(input: {tipId: $tip, note: "Thử nghiệm: người dân gọi lại"}) {
    tip { code status updatedAt }
    problems { field code message }
  }
}
`,
  `# The questions that wait for an answer, the oldest first; answerEnquiry answers one.
query OpenEnquiries {
  openEnquiries(first: 10) {
    totalCount
    nodes { id version topic question askedAt area { name } }
  }
}
`,
  `# What comes, changes and goes, as it happens; stop it with the button. The cursor of a message resumes it.
subscription Changes {
  changes(types: [TIP, GROUP]) {
    changes { type recordId action at deleted record { ... on Tip { code status } ... on Group { code name } } }
    cursor
  }
}
`,
  `# A whole list as a file: ask for it, look at its state, and fetch it at its path with the key.
mutation StartExport {
  startExport(input: { query: """{ groups(filter: {area: "82"}) { nodes { code name } } }""" }) {
    export { id state path }
    problems { field code message }
  }
}
`,
  `# Any record again by its id. Under Variables stands an area; put in any id of another answer.
query Node($id: ID!) {
  node(id: $id) {
    __typename
    id
    ... on Group { name memberCount }
    ... on Tip { code status }
    ... on Area { code name validFrom validTo }
  }
}
`,
];

// One field for the key, whatever the tab. It is kept nowhere else, and ends with the page.
const field = document.getElementById("key");
field.form.addEventListener("submit", (event) => event.preventDefault());
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) {
  field.value = given;
  // The key does not stay in the address, where it would end up in a history or a screenshot.
  history.replaceState(null, "", location.pathname);
}

// Queries may hold anybody's name: they stay in this page, and end with it.
const kept = new Map();
const storage = {
  getItem: (name) => (kept.has(name) ? kept.get(name) : null),
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
  clear: () => kept.clear(),
  get length() {
    return kept.size;
  },
};

// The messages of an event stream (graphql-sse, distinct connections), one after the other.
async function* messages(answer, stop) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const events = (waiting + value).split("\n\n");
      waiting = events.pop();
      for (const event of events) {
        const lines = event.split("\n");
        if (lines.includes("event: complete")) {
          return;
        }
        const data = lines.find((line) => line.startsWith("data: "));
        if (lines.includes("event: next") && data) {
          yield JSON.parse(data.slice("data: ".length));
        }
      }
    }
  } finally {
    stop.abort();
  }
}

async function fetcher({ operationName, ...params }, options) {
  const key = field.value.trim();
  // The schema is open to all; a key that is held to registered documents would not get it.
  const sent = key && operationName !== "IntrospectionQuery" ? { Authorization: `Bearer ${key}` } : {};
  const stop = new AbortController();
  // A stream for all: what is typed and run at once is not parsed here yet, so nobody knows whether it subscribes.
  const answer = await fetch("/graphql", {
    method: "POST",
    credentials: "omit",
    signal: stop.signal,
    headers: { ...sent, ...((options && options.headers) || {}), "Content-Type": "application/json", Accept: "text/event-stream" },
    // GraphiQL learns the names of operations a moment after they were typed.
    body: JSON.stringify({ ...params, ...(params.query.includes(operationName) && { operationName }) }),
  });
  const streams = answer.headers.get("Content-Type").startsWith("text/event-stream");
  return streams ? messages(answer, stop) : answer.json();
}

// What the variables of the examples hold: an area whose id is the same everywhere, and a tip that the key shows.
const VALUES = { id: "QXJlYTrW_c2G4xJdMbx-RbykvJhU", tip: "" };

async function newestTip() {
  const answer = await fetch("/graphql", {
    method: "POST",
    credentials: "omit",
    headers: { Authorization: `Bearer ${given}`, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query: "{ tips(first: 1) { nodes { id } } }" }),
    signal: AbortSignal.timeout(2000),
  });
  const { data } = await answer.json();
  return data?.tips.nodes[0]?.id ?? "";
}

const explorer = GraphiQLPluginExplorer.explorerPlugin({ showAttribution: false });

function start() {
  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher,
      plugins: [explorer],
      defaultTabs: EXAMPLES.map((query) => {
        const [, variable] = /\(\$(\w+)/.exec(query) || [];
        return { query, variables: variable ? `{ "${variable}": "${VALUES[variable]}" }` : "" };
      }),
      defaultEditorToolsVisibility: "variables",
      shouldPersistHeaders: false,
      storage,
      isHeadersEditorEnabled: true,
      inputValueDeprecation: true,
    }),
  );
}

if (given) {
  newestTip()
    .then((id) => {
      VALUES.tip = id;
    })
    .catch(() => {
      // Without it the example says what is missing.
    })
    .finally(start);
} else {
  start();
}

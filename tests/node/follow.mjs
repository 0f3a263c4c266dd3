// Follows the change feed with the clients that integrators use: graphql-ws and graphql-sse.
//
// node follow.mjs (ws|sse) ADDRESS KEY   prints a line of JSON for each message, error and end.
//
// Lines on standard input: `drop` loses the connection, `wrong` subscribes with a cursor that is none,
// `stop` unsubscribes; it ends when its standard input does.

import { createInterface } from "node:readline";
import { createClient as overEvents } from "graphql-sse";
import { createClient as overSocket } from "graphql-ws";
import WebSocket from "ws";

const [way, address, key] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${key}`, "Accept-Language": "en" };
const query = `subscription Follow($after: String) {
  changes(after: $after) { cursor changes { action record { ... on Tip { code } } } } }`;
const print = (what) => console.log(JSON.stringify(what));
const retrying = { retryAttempts: 10, retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)) };
const clients = {
  ws: () =>
    overSocket({
      ...retrying,
      url: address.replace("http", "ws"),
      connectionParams: headers,
      webSocketImpl: WebSocket,
    }),
  sse: () => overEvents({ ...retrying, url: address, headers }),
};
const client = clients[way]();

function follow(variables) {
  return client.subscribe(
    { query, variables },
    {
      next(result) {
        if (result.data) {
          // Whenever the client subscribes again by itself, it goes on from here.
          variables.after = result.data.changes.cursor;
        }
        print(result.errors ? { error: result.errors[0].extensions.code } : { told: result.data.changes.changes });
      },
      error: (error) => print({ error: Array.isArray(error) ? error[0].extensions.code : String(error) }),
      complete: () => print({ complete: true }),
    },
  );
}

const stop = follow({});
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "drop") client.terminate();
  if (line === "wrong") follow({ after: "x" });
  if (line === "stop") stop();
}
client.dispose();

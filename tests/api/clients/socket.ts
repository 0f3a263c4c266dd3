// A client of graphql-ws: by itself, and for those that follow with it.
import { print } from "graphql";
import { createClient, type Client as SocketClient } from "graphql-ws";
import WebSocket from "ws";
import { type Answer, type Client, dataOf, type Given, headers, type Listener, Refused } from "./client";

export function socket(given: Given, key: string): SocketClient {
  return createClient({ url: given.ws, webSocketImpl: WebSocket, connectionParams: headers(key), retryAttempts: 0 });
}

/** Follows over a socket, with the text of the document. */
export function overSocket(client: SocketClient): Pick<Client, "follow"> {
  return {
    follow: (document, variables, listener) =>
      client.subscribe({ query: print(document), variables }, telling(listener)),
  };
}

/** What a subscription of graphql-ws or graphql-sse tells, to a listener. */
export function telling<D>(listener: Listener<D>) {
  return {
    next(answer: unknown) {
      try {
        listener.next(dataOf<D>(answer as Answer));
      } catch (refused) {
        listener.error(refused);
      }
    },
    // Errors of an operation come as a list; all else is of the connection.
    error: (error: unknown) => listener.error(Array.isArray(error) ? new Refused({ errors: error }) : error),
    complete() {},
  };
}

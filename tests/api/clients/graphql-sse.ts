// graphql-sse: everything as event streams, one connection for each operation.
import { print } from "graphql";
import { createClient } from "graphql-sse";
import { type Answer, asking, headers, type Payload } from "./client";
import { scenario } from "./scenario";
import { telling } from "./socket";

void scenario((given, key) => {
  const client = createClient({ url: given.http, headers: headers(key), retryAttempts: 0 });
  const send = ({ query, variables, extensions }: Payload) =>
    new Promise<Answer>((resolve, reject) => {
      // Its type wants a text, even where there is only a hash.
      const payload = { query: query as string, variables, extensions };
      let answer: Answer = {};
      client.subscribe(payload, {
        next: (came) => (answer = came as Answer),
        error: reject,
        complete: () => resolve(answer),
      });
    });
  return {
    ...asking(send),
    follow: (document, variables, listener) =>
      client.subscribe({ query: print(document), variables }, telling(listener)),
    end: () => client.dispose(),
  };
});

// graphql-ws: everything over one WebSocket.
import { type Answer, asking, type Payload } from "./client";
import { scenario } from "./scenario";
import { overSocket, socket } from "./socket";

void scenario((given, key) => {
  const client = socket(given, key);
  const send = ({ query = "", variables, extensions }: Payload) =>
    new Promise<Answer>((resolve, reject) => {
      // It wants a text, even where there is only a hash: an empty one.
      const payload = { query, variables, extensions };
      let answer: Answer = {};
      client.subscribe(payload, {
        next: (came) => (answer = came as Answer),
        error: (error) => (Array.isArray(error) ? resolve({ errors: error }) : reject(error)),
        complete: () => resolve(answer),
      });
    });
  return { ...asking(send), ...overSocket(client), end: () => client.dispose() };
});

// graphql-codegen: its typed documents, which the whole scenario is written with, sent by fetch.
import { asking, posting } from "./client";
import { scenario } from "./scenario";
import { overSocket, socket } from "./socket";

void scenario((given, key) => {
  const client = socket(given, key);
  return { ...asking(posting(given, key)), ...overSocket(client), end: () => client.dispose() };
});

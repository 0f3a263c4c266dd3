// Apollo Client: HTTP with automatic persisted queries (by GET), a WebSocket to follow, pages that grow in its cache.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client/core";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { filter, firstValueFrom, map } from "rxjs";
import WebSocket from "ws";
import { type Client, headers, type Note, outcome, Refused, sha256 } from "./client";
import { ScenarioTipsQueryDocument as TIPS } from "./generated/typed/graphql";
import { scenario } from "./scenario";
import { socket } from "./socket";

// For the errors of a subscription it looks for the WebSocket of browsers, which Node.js 20 does not have.
Object.assign(globalThis, { WebSocket });

void scenario((given, key): Client => {
  let note: Note | undefined;
  const noting = new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      map((answer) => {
        const text = operation.getContext()["http"]?.includeQuery !== false;
        note?.(text ? "both" : "hash", outcome(answer as object));
        return answer;
      }),
    ),
  );
  const http = new HttpLink({ uri: given.http, headers: headers(key) });
  const live = socket(given, key);
  const persisted = createPersistedQueryLink({ sha256, useGETForHashedQueries: true });
  const client = new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: { tips: relayStylePagination(["orderBy"]) } },
      },
    }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(live),
      ApolloLink.from([persisted, noting, http]),
    ),
  });

  const run: Client["run"] = async (document, variables) => {
    const [definition] = document.definitions;
    try {
      const { data } = await (definition?.kind === "OperationDefinition" && definition.operation === "mutation"
        ? client.mutate({ mutation: document, variables })
        : client.query({ query: document, variables, fetchPolicy: "network-only" }));
      return data as never;
    } catch (error) {
      throw refused(error);
    }
  };
  return {
    run,
    async byHash(document, variables, told) {
      note = told;
      return run(document, variables).finally(() => (note = undefined));
    },
    follow(document, variables, listener) {
      const following = client.subscribe({ query: document, variables }).subscribe(({ data, error }) => {
        if (error) listener.error(refused(error));
        else listener.next(data as never);
      });
      return () => following.unsubscribe();
    },
    async walk(first) {
      const watched = client.watchQuery({ query: TIPS, variables: { first } });
      const watching = watched.subscribe({});
      let page = (await firstValueFrom(watched.pipe(filter(({ loading }) => !loading)))).data?.tips?.pageInfo;
      while (page?.hasNextPage) {
        page = (await watched.fetchMore({ variables: { after: page.endCursor } })).data?.tips.pageInfo;
      }
      watching.unsubscribe();
      return client.readQuery({ query: TIPS, variables: { first } })?.tips.edges.map(({ node }) => node.code) ?? [];
    },
    async end() {
      client.stop();
      await live.dispose();
    },
  };
});

function refused(error: unknown): unknown {
  return CombinedGraphQLErrors.is(error) ? new Refused({ errors: error.errors }) : error;
}

// Relay: what relay-compiler made of the documents, asked for by `documentId` (its manifest is registered for the partner);
// a WebSocket to follow, pages that grow as a connection in its store.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  commitMutation,
  type ConcreteRequest,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getSingularSelector,
  type GraphQLResponse,
  type GraphQLTaggedNode,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  type RequestParameters,
  Store,
  type Variables,
} from "relay-runtime";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { type Answer, type Client, hashFirst, type Note, posting, Refused } from "./client";
import tipsFragment, { type Scenario_tips$data } from "./generated/relay/Scenario_tips.graphql";
import walkOn from "./generated/relay/ScenarioWalkOnQuery.graphql";
import walk from "./generated/relay/ScenarioWalkQuery.graphql";
import { scenario } from "./scenario";
import { socket } from "./socket";

const TEXTS: Record<string, string> = JSON.parse(readFileSync(join("generated", "relay", "persisted.json"), "utf8"));

void scenario((given, key): Client => {
  const live = socket(given, key);
  const send = posting(given, key);
  let note: Note | undefined;

  async function ask({ id }: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
    const documentId = id ?? "";
    const answer = note
      ? await hashFirst(send, TEXTS[documentId] ?? "", variables, note)
      : await send({ documentId, variables });
    return answer as GraphQLResponse;
  }
  const listen = ({ id }: RequestParameters, variables: Variables) =>
    Observable.create<GraphQLResponse>((sink) => {
      const payload = { query: "", documentId: id, variables };
      return live.subscribe(payload, {
        next: (answer) => sink.next(answer as GraphQLResponse),
        error: (error) => sink.error(Array.isArray(error) ? new Refused({ errors: error }) : (error as Error)),
        complete: () => sink.complete(),
      });
    });
  const environment = new Environment({
    network: Network.create(ask, listen),
    store: new Store(new RecordSource()),
  });

  const query = async (request: GraphQLTaggedNode, variables: Variables): Promise<unknown> =>
    fetchQuery(environment, request, variables, { fetchPolicy: "network-only" }).toPromise();
  const mutate = (mutation: GraphQLTaggedNode, variables: Variables) =>
    new Promise<unknown>((onCompleted, onError) => {
      commitMutation(environment, { mutation, variables, onCompleted, onError });
    });
  const run: Client["run"] = async (document, variables) => {
    const request = compiled(document);
    const ways = request.params.operationKind === "mutation" ? mutate : query;
    return ways(request, variables).catch(refuse) as never;
  };
  return {
    run,
    async byHash(document, variables, told) {
      note = told;
      return run(document, variables).finally(() => (note = undefined));
    },
    follow(document, variables, { next, error }) {
      const onNext = (data: unknown) => next(data as never);
      const subscription = compiled(document);
      const following = requestSubscription(environment, { subscription, variables, onNext, onError: error });
      return () => following.dispose();
    },
    async walk(first) {
      const operation = createOperationDescriptor(walk, { first });
      environment.retain(operation);
      await query(walk, { first });
      for (;;) {
        const shown = environment.lookup(operation.fragment).data;
        const selector = getSingularSelector(tipsFragment, shown);
        const { tips } = environment.lookup(selector!).data as unknown as Pages;
        if (!tips.pageInfo.hasNextPage) return tips.edges.map(({ node }) => node.code);
        await query(walkOn, { first, after: tips.pageInfo.endCursor });
      }
    },
    end: () => live.dispose(),
  };
});

/** What the fragment holds, with what @connection adds to it. */
type Pages = Scenario_tips$data & { tips: { pageInfo: { hasNextPage: boolean; endCursor: string } } };

/** The artifact of relay-compiler for a document of the scenario. */
function compiled(document: TypedDocumentNode<unknown, never>): ConcreteRequest {
  const [definition] = document.definitions;
  const name = definition?.kind === "OperationDefinition" ? definition.name?.value : "";
  return require(`./generated/relay/${name}.graphql`).default;
}

/** Relay keeps the errors of an answer in the `source` of its own. */
function refuse(error: Error & { source?: Answer }): never {
  throw error.source ? new Refused(error.source) : error;
}

// What the scenario wants of a client, and what clients without a way of their own do: ask with a text, ask by its hash.
import { createHash } from "node:crypto";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

/** What the runner gives on standard input: the addresses, three keys, and what there is to ask for. */
export interface Given {
  http: string;
  ws: string;
  key: string;
  /** Of a partner that may not read tips. */
  narrow: string;
  /** Of a partner for which no document is registered. */
  fresh: string;
  group: string;
  area: string;
}

type Variables = Record<string, unknown>;

/** A client with one key. What is refused rejects with `Refused`. */
export interface Client {
  run<D, V extends Variables>(document: TypedDocumentNode<D, V>, variables: V): Promise<D>;
  /** As an automatic persisted query. */
  byHash<D, V extends Variables>(document: TypedDocumentNode<D, V>, variables: V, note: Note): Promise<D>;
  /** Follows until the function is called that it gives. */
  follow<D, V extends Variables>(document: TypedDocumentNode<D, V>, variables: V, to: Listener<D>): () => void;
  /** The codes of all tips, where the client has a way of its own to page. */
  walk?(first: number): Promise<string[]>;
  end(): unknown;
}

export type Connect = (given: Given, key: string) => Client;

export interface Listener<D> {
  next(data: D): void;
  error(error: unknown): void;
}

/** Is told what each request of a persisted query sent, and what came: "answered", or the code of the error. */
export type Note = (sent: "hash" | "both", came: string) => void;

export interface Answer {
  data?: unknown;
  errors?: readonly { extensions?: Record<string, unknown> }[];
}

export interface Payload {
  query?: string;
  documentId?: string;
  variables: Variables;
  extensions?: Record<string, unknown>;
}

export type Send = (payload: Payload) => Promise<Answer>;

/** The errors of an answer, by the code of the first. */
export class Refused extends Error {
  readonly code: string;

  constructor({ errors }: Answer) {
    const code = errors?.[0]?.extensions?.["code"];
    super(JSON.stringify(errors));
    this.code = typeof code === "string" ? code : "no code";
  }
}

/** A document with its own text, and by its hash, for what only sends. */
export function asking(send: Send): Pick<Client, "run" | "byHash"> {
  return {
    run: async (document, variables) => dataOf(await send({ query: print(document), variables })),
    byHash: async (document, variables, note) => dataOf(await hashFirst(send, print(document), variables, note)),
  };
}

/** The hash alone; where the service does not know it, the text too. */
export async function hashFirst(send: Send, query: string, variables: Variables, note: Note): Promise<Answer> {
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
  const first = await send({ variables, extensions });
  note("hash", outcome(first));
  if (outcome(first) !== "PERSISTED_QUERY_NOT_FOUND") return first;
  const second = await send({ query, variables, extensions });
  note("both", outcome(second));
  return second;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function outcome(answer: Answer): string {
  return answer.errors ? new Refused(answer).code : "answered";
}

export function dataOf<D>(answer: Answer): D {
  if (answer.errors) throw new Refused(answer);
  return answer.data as D;
}

export function headers(key: string): Record<string, string> {
  return { Authorization: `Bearer ${key}`, "Accept-Language": "en" };
}

/** POST, as JSON. */
export function posting(given: Given, key: string): Send {
  return async (payload) => {
    const sent = { ...headers(key), Accept: "application/graphql-response+json", "Content-Type": "application/json" };
    const response = await fetch(given.http, { method: "POST", headers: sent, body: JSON.stringify(payload) });
    return (await response.json()) as Answer;
  };
}

// compose.mjs FILE...: the supergraph of these subgraphs (each named after its file), or why there is none, as JSON.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

const services = process.argv.slice(2).map((file) => {
  const name = basename(file, ".graphql");
  return { name, url: `http://${name}.invalid/graphql`, typeDefs: parse(readFileSync(file, "utf8")) };
});
const { supergraphSdl, errors } = composeServices(services);
console.log(JSON.stringify({ supergraph: supergraphSdl ?? null, errors: (errors ?? []).map(({ message }) => message) }));

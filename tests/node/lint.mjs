// lint.mjs VALUES FILE...: what two linters find in the schemas, as JSON, a list for each file. Every rule of
// graphql-schema-linter; of @graphql-eslint the rules recommended for schemas, and those for Relay.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import plugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";

const [values, ...files] = process.argv.slice(2);

// What our schema does otherwise, and why. All else is as the linters want it.
const OURS = {
  // A connection has `nodes` beside its `edges`, and a short list (a tip's outcomes, a catalogue) is a plain one.
  "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
  // Values have no id: they are seen as a part of a record only. Which ones they are says the table in test_access.py.
  "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { types: JSON.parse(values) } }],
};
const EXCEPTIONS = [
  // It is no prefix: the area of an area, as a quantity.
  'Field "areaKm2" starts with the name of the parent type "Area"',
  // `class` alone is a word of many languages that clients are written in.
  'Field "reviewClass" starts with the name of the parent type "Review"',
  // They stand at fields, for whoever computes a cost; nothing reaches a directive.
  "Directive `cost` is unreachable.",
  "Directive `listSize` is unreachable.",
];

async function eslint(file) {
  const { configs, parser } = plugin;
  const rules = { ...configs["flat/schema-recommended"].rules, ...configs["flat/schema-relay"].rules, ...OURS };
  const languageOptions = { parser, parserOptions: { graphQLConfig: { schema: file } } };
  const config = { files: ["**/*.graphql"], languageOptions, plugins: { "@graphql-eslint": plugin }, rules };
  const linter = new ESLint({ cwd: dirname(file), overrideConfigFile: true, overrideConfig: config });
  const [found] = await linter.lintText(readFileSync(file, "utf8"), { filePath: file });
  return found.messages
    .filter(({ message }) => !EXCEPTIONS.includes(message))
    .map(({ line, ruleId, message }) => ({ line, rule: ruleId, message }));
}

function schemaLinter(file) {
  const package_ = createRequire(import.meta.url).resolve("graphql-schema-linter/package.json");
  const command = join(dirname(package_), "lib", "cli.js");
  try {
    execFileSync(process.execPath, [command, "--format", "json", file]);
    return [];
  } catch (ended) {
    // With 1 where it found something.
    const found = JSON.parse(ended.stdout).errors;
    return found.map(({ location, rule, message }) => ({ line: location.line, rule, message }));
  }
}

const found = [];
for (const file of files) found.push([...schemaLinter(file), ...(await eslint(file))]);
console.log(JSON.stringify(found));

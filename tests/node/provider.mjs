// A certified OpenID Connect provider for the tests: oidc-provider itself, on a free loopback port.
//
// node provider.mjs RETURN_ADDRESS CLIENT_AUTHENTICATION   prints its issuer; ends when its standard input does.
//
// POST /trial says who signs in next and what is to go wrong:
//   {"who": {"accountId", "amr", "acr", "ts"}}  who signs in
//   {"refuse": true}                            the person declines
//   {"token": {...}, "header": {...}}           claims and header of the next ID token that are put in (null: out)
//   {"rotate": "ES256"}                         the next ID token is signed with a key that was not there before
//   {"answer": [status, body]}                  the next answer of the token endpoint

import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, decodeJwt, decodeProtectedHeader } from "jose";
import { Provider } from "oidc-provider";

const SECRET = "chi dung trong thu nghiem :+&%";
const [returns, authentication] = process.argv.slice(2);
const json = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function newKey(kid, alg) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, public: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

const first = await newKey("RS256-1", "RS256");
let keys = [first];
let trial = {};

async function signed(claims, header, key) {
  if (/^none$/i.test(header.alg)) return `${json(header)}.${json(claims)}.`;
  const secret = header.alg.startsWith("HS") ? new TextEncoder().encode(SECRET) : key.privateKey;
  return new SignJWT(claims).setProtectedHeader(header).sign(secret);
}

async function spoiled(token) {
  if (trial.rotate) keys = [await newKey(`${trial.rotate}-2`, trial.rotate)];
  const key = keys[0];
  const header = { ...decodeProtectedHeader(token), alg: key.alg, kid: key.kid, ...trial.header };
  const claims = { ...decodeJwt(token), ...trial.token };
  for (const part of [header, claims])
    for (const name of Object.keys(part)) if (part[name] === null) delete part[name];
  return signed(claims, header, key);
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
}

const server = createServer();
server.listen(0, "127.0.0.1", async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = { redirect_uris: [returns], grant_types: ["authorization_code"], response_types: ["code"] };
  const provider = new Provider(issuer, {
    clients: [
      { ...client, client_id: "ketnoi", client_secret: SECRET, token_endpoint_auth_method: authentication },
      { ...client, client_id: "ketnoi:cong khai", token_endpoint_auth_method: "none" },
    ],
    jwks: { keys: [{ ...(await exportJWK(first.privateKey)), kid: first.kid, alg: "RS256", use: "sig" }] },
    acrValues: ["urn:mau:hai-buoc"],
    claims: { openid: ["sub", "amr", "acr"], profile: ["preferred_username"] },
    clientAuthMethods: [authentication, "none"],
    conformIdTokenClaims: false,
    cookies: { keys: ["mau"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `${id}-mau` }) }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
  });
  provider.use(async (ctx, next) => {
    if (ctx.path === "/trial") {
      trial = await body(ctx.req);
      ctx.body = "";
      return;
    }
    if (ctx.path.startsWith("/interaction/")) {
      const result = trial.refuse ? { error: "access_denied" } : { login: trial.who };
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
      return;
    }
    await next();
    if (ctx.path === "/jwks") ctx.body = { keys: keys.map((key) => key.public) };
    if (ctx.path === "/token" && ctx.body.id_token) ctx.body.id_token = await spoiled(ctx.body.id_token);
    if (ctx.path === "/token" && trial.answer) [ctx.status, ctx.body] = trial.answer;
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.on("end", () => process.exit(0)).resume();

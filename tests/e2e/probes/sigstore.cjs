// Verifies a Sigstore bundle with @sigstore/verify: `sigstore.cjs PREFIX BUNDLE KEY`.
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const [prefix, bundleFile, keyFile] = process.argv.slice(2);
const load = (name) => require(path.join(prefix, "node_modules", name));
const { bundleFromJSON } = load("@sigstore/bundle");
const { Verifier, toSignedEntity } = load("@sigstore/verify");

const key = crypto.createPublicKey(fs.readFileSync(keyFile));
const hint = crypto.createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest("base64");
const trust = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey(wanted) {
    if (wanted !== hint) throw new Error(`the key of the bundle is ${wanted}, not ${hint}`);
    return { publicKey: key, validFor: () => true };
  },
};
const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(bundleFile, "utf8")));
const verifier = new Verifier(trust, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
verifier.verify(toSignedEntity(bundle));
const payload = bundle.content.dsseEnvelope.payload.toString("utf8");
console.log(JSON.stringify({ hint, statement: JSON.parse(payload) }));

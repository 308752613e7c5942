// Writes src/schema.ts from the contract. Its first line names the contract by git's hash of the
// document, so that `make verify` notices types of another one without npm.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import openapi, { astToString } from "openapi-typescript";

const document = gunzipSync(readFileSync(new URL("../../admin/openapi.json.gz", import.meta.url)));
const hash = createHash("sha1").update(`blob ${document.length}\0`).update(document).digest("hex");
const types = astToString(await openapi(JSON.parse(document.toString())));
writeFileSync(process.argv[2] ?? new URL("src/schema.ts", import.meta.url), `// Written by generate.mjs from the contract ${hash}; do not edit.\n\n${types}`);

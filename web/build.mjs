// Bundles src/main.tsx into the package: `npm ci && npm run build`.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync, readdirSync } from "node:fs";

const out = process.argv[2] ?? "../evals/report/static/page.js";
const sources = readdirSync("src").map((name) => `src/${name}`).sort();
const digest = createHash("sha256");
for (const name of ["build.mjs", "package-lock.json", ...sources])
  digest.update(readFileSync(name, "latin1").replaceAll("\r\n", "\n"), "latin1");

await build({
  entryPoints: ["src/main.tsx"],
  outfile: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  legalComments: "none",
  banner: { js: `/* web/, source ${digest.digest("hex").slice(0, 16)} */` },
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const told = Object.keys(dependencies).map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((found) => /^licen[cs]e/i.test(found));
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
writeFileSync(`${out}.licenses.txt`, `page.js contains:\n\n${told.join("\n----\n\n")}`);

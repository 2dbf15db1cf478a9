// Reads a document from standard input with the @asyncapi/parser of the folder given, and prints what it says of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Parser } = createRequire(`${process.argv[2]}/`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const told = diagnostics.map(({ code, severity, message, path }) => ({ code, severity, message, path: path.join("/") }));
const operations = document ? document.operations().all().map((each) => each.id()) : [];
process.stdout.write(JSON.stringify({ diagnostics: told, operations }));

// Reads AsyncAPI documents, one on a line, with the specification's own parser; tells what it finds wrong with each.
import { createInterface } from "node:readline";
import { Parser } from "@asyncapi/parser";

const parser = new Parser();
for await (const line of createInterface({ input: process.stdin })) {
  const { document, diagnostics } = await parser.parse(line);
  const wrong = diagnostics.filter((each) => each.severity === 0).map((each) => `${each.path.join("/")}: ${each.message}`);
  const messages = document ? document.messages().all().map((each) => each.name()) : [];
  console.log(JSON.stringify({ wrong, messages }));
}

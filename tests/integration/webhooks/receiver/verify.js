// Verifies messages with the standard's own library: one JSON line {secret, headers, body} in, true or false out.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  let holds = true;
  try {
    new Webhook(secret).verify(body, headers);
  } catch {
    holds = false;
  }
  console.log(holds);
}

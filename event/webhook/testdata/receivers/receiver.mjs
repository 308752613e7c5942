import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const verifier = new Webhook(process.env.WEBHOOK_SECRET);

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  try {
    verifier.verify(body, request.headers);
  } catch {
    return response.writeHead(400).end("signature");
  }
  console.log(body); // put it into a queue of your own, by its id
  response.writeHead(204).end();
}).listen(Number(process.env.PORT), "127.0.0.1");

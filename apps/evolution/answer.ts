// What every system in this folder answers: `foo`, and the client's `connect` and `heartbeat`, with "ok". Pure. What
// JSON-RPC 2.0 says of wrong JSON, wrong requests, notifications and batches is `apps/rpc/messages.ts`'s business.

import { codes, textOf } from "../rpc/errors.ts";
import { defaultLimits } from "../rpc/limits.ts";
import { type Message, readMessage } from "../rpc/messages.ts";
import { Scanner } from "../rpc/scan.ts";

const methods: ReadonlySet<string> = new Set(["foo", "connect", "heartbeat"]);
const scanner = new Scanner(); // it begins anew with each text

/** The answer to the body of a frame, as JSON; undefined where none is due: for a notification, and for a response. */
export function answer(body: Uint8Array): string | undefined {
  return answerTo(read(body));
}

/** What the body of a frame means. A system that calls its clients finds their responses by this. */
export function read(body: Uint8Array): Message {
  return readMessage(scanner, body, 0, body.length, defaultLimits, "strict");
}

/** The answer to a message that was read, as `answer` gives it. */
export function answerTo(message: Message): string | undefined {
  switch (message.kind) {
    case "request":
      if (!methods.has(message.method)) return refusal(message.id, codes.methodNotFound);
      return `{"jsonrpc":"2.0","result":"ok","id":${message.id}}`;
    case "invalid":
      return refusal(message.id, message.code);
    case "batch": {
      const elements = message.elements.map((element) => element.read(scanner, defaultLimits, "strict"));
      const answers = elements.map(answerToElement).filter((text) => text !== undefined);
      return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
    }
    default:
      return undefined;
  }
}

function answerToElement(message: Message): string | undefined {
  return message.kind === "batch" ? refusal("null", codes.invalidRequest) : answerTo(message);
}

/** @param id the request's, as its JSON */
function refusal(id: string, code: number): string {
  return `{"jsonrpc":"2.0","error":{"code":${code},"message":${JSON.stringify(textOf(code))}},"id":${id}}`;
}

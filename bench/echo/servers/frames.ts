// What the Node servers of this folder share, so that they differ in their input and output only: cut int32 frames,
// JSON.parse each request, JSON.stringify its reply, and give all replies of one read as one buffer.

interface Request {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

const nothing = Buffer.alloc(0);
const maxFrameBytes = 1_048_576;

/** One connection's input. */
export class Frames {
  #rest: Buffer = nothing;

  /**
   * The replies to every request that these bytes complete; of length 0 when there is none.
   * @throws RangeError for a length that cannot be, SyntaxError for what is no JSON: close the connection
   */
  answer(bytes: Buffer): Buffer {
    const input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const replies: string[] = [];
    let at = 0;
    while (input.length - at >= 4) {
      const length = input.readInt32BE(at);
      if (length < 0 || length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes`);
      const end = at + 4 + length;
      if (end > input.length) break;
      replies.push(reply(input.toString("utf8", at + 4, end)));
      at = end;
    }
    this.#rest = at === input.length ? nothing : input.subarray(at);
    return packed(replies);
  }
}

function reply(text: string): string {
  const { id, method, params } = JSON.parse(text) as Request; // an echo server trusts its client that far
  if (method === "echo") return JSON.stringify({ jsonrpc: "2.0", id, result: params });
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
}

function packed(replies: readonly string[]): Buffer {
  let most = 0;
  for (const text of replies) most += 4 + 3 * text.length; // a character takes at most three bytes a unit
  const output = Buffer.allocUnsafe(most);
  let at = 0;
  for (const text of replies) {
    const length = output.write(text, at + 4);
    output.writeInt32BE(length, at);
    at += 4 + length;
  }
  return output.subarray(0, at);
}

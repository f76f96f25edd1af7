// What a command says, as text: for commands that come to an end by themselves.

import type { Process } from "../../kernel/machine/host-parts.ts";
import type { Connection } from "../../kernel/machine/machine.ts";
import { type Program, type Routine, routine, type Syscall, SyscallError } from "../../kernel/syscall.ts";
import { Exec, type ExecOptions, ReadWait, Select, WaitProcess, WriteWait } from "../../syscalls/index.ts";
import { checkedCount } from "./checked.ts";

/** How a command is run for what it says. */
export interface OutputOptions extends Pick<ExecOptions, "cwd" | "env"> {
  /** For its standard input. Default: nothing, which is at its end at once. */
  readonly input?: string | Uint8Array;
  /** How much it may write to each of its two outputs, bytes. Default 1 MiB. */
  readonly maxBytes?: number;
}

/** How a command ended, and what it said; bytes that are no UTF-8 are U+FFFD. */
export interface Output {
  /** Its exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  /** The signal that ended it. */
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const chunkBytes = 65_536;

/**
 * Runs a command to its end, and until nobody holds its outputs open any more, and gives what it said. A code other than 0
 * is no error. Whatever else ends this, a deadline say, ends the command as well, and all it has started.
 * @param args passed as they are: there is no shell
 * @throws EMSGSIZE when it says more than `maxBytes`, EINVAL for a `maxBytes` that cannot be, and as Exec
 *
 * ```ts
 * const { stdout } = yield* new Timeout(5_000, output("git", ["rev-parse", "HEAD"], { cwd: folder }));
 * ```
 */
export const output: Routine<[command: string, args?: readonly string[], options?: OutputOptions], Output> = routine(
  function* output(command, args = [], options = {}) {
    const { input, maxBytes = 1_048_576, ...others } = options;
    checkedCount(maxBytes, "maxBytes of output", 0, Number.MAX_SAFE_INTEGER);
    const child = yield* new Exec(command, args, { ...others, stdin: input === undefined ? "ignore" : "pipe" });
    try {
      const said = [new Said(child.stdout, maxBytes), new Said(child.stderr, maxBytes)] as const;
      yield* converse(child, said, typeof input === "string" ? new TextEncoder().encode(input) : input);
      const { code, signal } = yield* new WaitProcess(child);
      return { code, signal, stdout: said[0].text(), stderr: said[1].text() };
    } finally {
      child.close();
    }
  },
);

/** Reads and writes whatever is possible, all in one task, so that no full pipe can hold up another. */
const converse = routine(function* converse(
  child: Process,
  said: readonly [Said, Said],
  input: Uint8Array = new Uint8Array(0),
): Program<void> {
  const [out, err] = said;
  let rest = pushed(child.stdin, input);
  for (;;) {
    const branches: Partial<Record<"stdin" | "stdout" | "stderr", Syscall<void>>> = {};
    if (!out.pull()) branches.stdout = new ReadWait(child.stdout);
    if (!err.pull()) branches.stderr = new ReadWait(child.stderr);
    if (rest.length > 0) branches.stdin = new WriteWait(child.stdin);
    if (Object.keys(branches).length === 0) return;
    yield* new Select(branches);
    if (rest.length > 0) rest = pushed(child.stdin, rest);
  }
});

/** What is left to be written; nothing when the child has stopped reading, which is its own affair. */
function pushed(stdin: Connection, bytes: Uint8Array): Uint8Array {
  let rest = bytes;
  try {
    while (rest.length > 0) {
      const taken = stdin.write(rest);
      if (taken === 0) return rest;
      rest = rest.subarray(taken);
    }
    stdin.shutdown();
  } catch (error) {
    if (!(error instanceof SyscallError && error.code === "EPIPE")) throw error;
  }
  return new Uint8Array(0);
}

/** What comes out of a pipe. */
class Said {
  readonly #pipe: Connection;
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #hasEnded = false;

  constructor(pipe: Connection, maxBytes: number) {
    this.#pipe = pipe;
    this.#maxBytes = maxBytes;
  }

  /** Takes what is there. True at the end. */
  pull(): boolean {
    while (!this.#hasEnded) {
      const bytes = this.#pipe.read(chunkBytes);
      if (bytes === null) return false;
      this.#hasEnded = bytes.length === 0;
      this.#length += bytes.length;
      if (this.#length > this.#maxBytes) {
        throw new SyscallError("EMSGSIZE", `${this.#pipe.label} said more than ${this.#maxBytes} bytes`);
      }
      this.#chunks.push(bytes);
    }
    return true;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

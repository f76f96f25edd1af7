// The syscalls that wait for what is not simulated: promises, iterators, processes, what else the machine's host has.
// Each is held to its promises over a host part of the test's own; what the real one does, the file named beside it shows.

import type { Kernel } from "../../../kernel/kernel.ts";
import type { Host } from "../../../kernel/machine/machine.ts";
import { type Program, SyscallError } from "../../../kernel/syscall.ts";
import { Await, ConnectTls, Exec, Listen, ListenTls, Next, Return, WaitProcess } from "../../../syscalls/index.ts";
import { checkSyscall, checkSyscallAsync, type Report } from "../../kit/index.ts";
import { Custom } from "../programs.ts";
import { SimulatedProcess } from "./simulated-process.ts";

export interface OutsideCheck {
  readonly check: () => Report | Promise<Report>;
  /** The test file that makes it in the real world. */
  readonly real: string;
}

/** By the name of its class. */
export const outside: Readonly<Record<string, OutsideCheck>> = {
  Await: {
    check: () =>
      checkSyscallAsync(({ promise }: Promised) => new Await(promise), {
        *setup() {
          return promised();
        },
        answer: ({ settle }) => settle(),
        late: true,
      }),
    real: "test/kernel/start.test.ts",
  },
  ConnectTls: {
    check: () => {
      const tls = new SimulatedTls();
      return checkSyscall(({ address }) => new ConnectTls(address), {
        *setup() {
          yield* tls.begin();
          return yield* new Listen({ port: 0 });
        },
        answer: () => {},
        refused: () => new ConnectTls({ port: -1 }),
        run: { host: tls.host },
      });
    },
    real: "test/kernel/machine/tls.test.ts",
  },
  Exec: {
    check: () => {
      const children: SimulatedProcess[] = [];
      return checkSyscall(() => new Exec("simulated"), {
        *setup() {
          children.length = 0;
        },
        answer() {
          for (const child of children) child.start();
        },
        waiting: () => children.filter(({ isStarting }) => isStarting).length,
        refused: () => new Exec("missing"),
        run: { host: { exec: ({ command }) => started(command, children) } },
      });
    },
    real: "test/apps/cli/exec.test.ts",
  },
  ListenTls: {
    check: () => {
      const tls = new SimulatedTls();
      return checkSyscall(() => new ListenTls({ port: 0 }, { cert: "", key: "" }), {
        setup: () => tls.begin(),
        answer: () => {},
        refused: () => new ListenTls({ port: -1 }, { cert: "", key: "" }),
        run: { host: tls.host },
      });
    },
    real: "test/kernel/machine/tls.test.ts",
  },
  Next: {
    check: () =>
      checkSyscallAsync((tape: Tape) => new Next(tape), {
        setup: played,
        answer: (tape) => tape.play(),
        personal: true,
        together: true,
      }),
    real: "test/laws/cases-next.test.ts",
  },
  Return: {
    check: () =>
      checkSyscallAsync((tape: Tape) => new Return(tape), {
        setup: played,
        answer: (tape) => tape.returned.settle(),
        late: true,
      }),
    real: "test/laws/cases-next.test.ts",
  },
  WaitProcess: {
    check: () =>
      checkSyscall((child) => new WaitProcess(child), {
        *setup() {
          return new SimulatedProcess();
        },
        answer: (child) => child.end(),
        ready: (child) => child.end(),
        refused: () => new WaitProcess(closedProcess()),
        waiting: ({ isAwaited }) => Number(isAwaited),
      }),
    real: "test/apps/cli/exec.test.ts",
  },
};

interface Promised {
  readonly promise: Promise<void>;
  readonly settle: () => void;
}

function promised(): Promised {
  let settle: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

function closedProcess(): SimulatedProcess {
  const child = new SimulatedProcess();
  child.close();
  return child;
}

function started(command: string, children: SimulatedProcess[]): SimulatedProcess {
  if (command === "missing") throw new SyscallError("ENOENT", "exec missing: there is no such command");
  const child = new SimulatedProcess();
  children.push(child);
  return child;
}

/** An async iterator whose steps settle one by one. */
class Tape implements AsyncIterator<string> {
  readonly returned: Promised = promised();
  #settle: ((result: IteratorResult<string>) => void) | undefined = undefined;

  /** The first is there at once. */
  next(): Promise<IteratorResult<string>> {
    return new Promise((resolve) => {
      if (this.#settle === undefined) resolve({ done: false, value: "the first" });
      this.#settle = resolve;
    });
  }

  async return(): Promise<IteratorResult<string>> {
    await this.returned.promise;
    return { done: true, value: undefined };
  }

  play(): void {
    this.#settle?.({ done: false, value: "the next" });
  }
}

/** One that the main task has begun to read, and so owns. */
function* played(): Program<Tape> {
  const tape = new Tape();
  yield* new Next(tape);
  return tape;
}

/** The simulated network, as if it were encrypted: opening takes its time as with TLS. */
class SimulatedTls {
  readonly host: Partial<Host> = {
    connectTls: (to) => this.#machine().connect(to),
    listenTls: (at, options) => this.#machine().listen(at, options),
  };
  #kernel: Kernel | undefined = undefined;

  /** In each run. */
  *begin(): Program<void> {
    this.#kernel = yield* new Custom(({ kernel }) => kernel);
  }

  #machine(): Kernel["machine"] {
    if (this.#kernel === undefined) throw new Error("begin it first");
    return this.#kernel.machine;
  }
}

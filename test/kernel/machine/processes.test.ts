// Child processes, real ones, on each machine of a real process. That one is gone is told by its pipe's end, which comes
// when nobody holds the pipe any more, or by its number, once Node has reaped it.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lines, Reader, readLine, recv, sendAll } from "../../../apps/lib/index.ts";
import type { Command, Process } from "../../../kernel/machine/host-parts.ts";
import type { Machine } from "../../../kernel/machine/machine.ts";
import type { Program, Runnable } from "../../../kernel/syscall.ts";
import {
  Adopt,
  CancelTask,
  Exec,
  type ExecOptions,
  GetTask,
  GetTid,
  Join,
  KillTask,
  Limit,
  NewTask,
  Pledge,
  Select,
  SetEnv,
  Sleep,
  Timeout,
  WaitProcess,
  WaitTask,
} from "../../../syscalls/index.ts";
import { run } from "../../kit/index.ts";
import { Custom, codeOf } from "../../laws/programs.ts";
import { bytesOf } from "../../text.ts";
import { hostMachines } from "./host-machines.ts";
import { onHost } from "./on-host.ts";

/** A shell, for the tests alone: the kernel has none. */
const shell = (script: string, options: ExecOptions = {}): Exec => new Exec("/bin/sh", ["-c", script], options);

/** All that comes out of a pipe, to its end. */
function* allOf(child: Process, name: "stdout" | "stderr" = "stdout"): Program<string> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const bytes = yield* recv(child[name], 65_536);
    if (bytes.length === 0) return Buffer.concat(chunks).toString();
    chunks.push(bytes);
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Gives Node its turns until it has reaped a process. */
async function reaped(pid: number): Promise<void> {
  while (isThere(pid)) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(hostMachines)("on the %s machine", (name) => {
  const booted = <T>(program: Runnable<T> | ((machine: Machine) => Runnable<T>)): Promise<T> =>
    onHost(name, (machine) => (typeof program === "function" ? program(machine) : program));

  /** Starts a child in a task of its own, and takes its output over. */
  function* owned(exec: Exec): Program<{ child: Process; owner: number; first: string | null; reader: Reader }> {
    let started: Process | undefined;
    const owner = yield* new NewTask(
      (function* (): Program<void> {
        started = yield* exec;
        yield* new Sleep(Number.POSITIVE_INFINITY);
      })(),
      "owner",
    );
    while (started === undefined) yield;
    const child: Process = started;
    const reader = new Reader(yield* new Adopt(child.stdout));
    return { child, owner, first: yield* readLine(reader), reader };
  }

  test("a child reads its input and writes its outputs, and its end is an exit code", async () => {
    const value = await booted(
      (function* () {
        const child = yield* shell("tr a-z A-Z; echo done >&2; exit 3");
        yield* sendAll(child.stdin, bytesOf("hello\n"));
        child.stdin.shutdown();
        const said = [yield* allOf(child), yield* allOf(child, "stderr")];
        return [said, yield* new WaitProcess(child), yield* new WaitProcess(child)];
      })(),
    );
    const exit = { code: 3, signal: undefined };
    expect(value).toEqual([["HELLO\n", "done\n"], exit, exit]);
  });

  test("arguments are passed as they are, and there is no shell", async () => {
    const args = ["$HOME", "; exit 1", "`id`", "a b", "", "*"];
    const value = await booted(
      (function* () {
        const child = yield* new Exec(process.execPath, [
          "-e",
          "console.log(JSON.stringify(process.argv.slice(1)))",
          "--",
          ...args,
        ]);
        return yield* allOf(child);
      })(),
    );
    expect(JSON.parse(value)).toEqual(args);
  });

  test("half a megabyte goes through both pipes at once, as fast as either side will", async () => {
    const value = await booted(
      (function* () {
        const child = yield* new Exec("cat");
        const total = 500_000;
        yield* new NewTask(
          (function* () {
            yield* sendAll(yield* new Adopt(child.stdin), new Uint8Array(total).fill(97));
          })(),
        );
        return [(yield* allOf(child)).length, yield* new WaitProcess(child)];
      })(),
    );
    expect(value).toEqual([500_000, { code: 0, signal: undefined }]);
  });

  test("a signal ends it, and the exit says which; afterwards it reaches nobody", async () => {
    const value = await booted(
      (function* () {
        const child = yield* new Exec("sleep", ["1000"]);
        const sent = child.sendSignal("USR1");
        const exit = yield* new WaitProcess(child);
        return [sent, exit, child.sendSignal("TERM"), yield* codeOf(new Custom(() => child.sendSignal("NONE")))];
      })(),
    );
    expect(value).toEqual([true, { code: undefined, signal: "USR1" }, false, "EINVAL"]);
  });

  test("what cannot be started is an error with its code, at the yield", async () => {
    const value = await booted(
      (function* () {
        const codes = [
          yield* codeOf(new Exec("/no/such/command")),
          yield* codeOf(new Exec("no-such-command-anywhere")),
          yield* codeOf(new Exec("/etc/passwd")),
          yield* codeOf(new Exec("ls", [], { cwd: "/no/such/directory" })),
          yield* codeOf(new Exec("ls", [], { cwd: "/etc/passwd" })),
          yield* codeOf(new Exec("ls", ["x".repeat(8_000_000)])),
        ];
        return [codes, yield* new Custom((task) => task.owned?.size ?? 0)];
      })(),
    );
    const notThere = process.platform === "linux" ? "ENOTDIR" : expect.stringMatching(/^ENO/);
    expect(value).toEqual([["ENOENT", "ENOENT", "EACCES", "ENOENT", notThere, "E2BIG"], 0]);
  });

  test("its environment is the task's, then what is given; where it runs is said", async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "yieldix-")));
    const value = await booted(
      (function* () {
        yield* new SetEnv("OWN", "the task's");
        yield* new SetEnv("OVER", "the task's");
        yield* new SetEnv("HOME", undefined);
        const env = { OVER: "given", PATH: process.env["PATH"] };
        return yield* allOf(yield* shell('echo "$OWN, $OVER, $HOME."; pwd', { env, cwd: folder }));
      })(),
    );
    rmSync(folder, { recursive: true });
    expect(value).toBe(`the task's, given, .\n${folder}\n`);
  });

  test("pipes, the process and who waits have names that say what they are", async () => {
    const value = await booted(
      (function* () {
        const child = yield* new Exec("/bin/cat");
        const waiting = yield* new NewTask(new WaitProcess(child));
        yield;
        const record = yield* new GetTask(waiting);
        const labels = [child.label, child.stdin.label, child.stdout.label, child.stderr.label];
        return [labels, `${record?.verb} ${record?.object}`].flat().map((text) => text.replace(`${child.pid}`, "PID"));
      })(),
    );
    expect(value).toEqual([
      "process cat PID",
      "pipe cat PID stdin",
      "pipe cat PID stdout",
      "pipe cat PID stderr",
      "exit of process cat PID",
    ]);
  });

  test("without pipes it has nothing to read, and does not listen", async () => {
    const value = await booted(
      (function* () {
        const child = yield* shell("cat; echo unheard", { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
        const code = yield* codeOf(sendAll(child.stdin, bytesOf("x")));
        return [code, yield* allOf(child), yield* allOf(child, "stderr"), yield* new WaitProcess(child)];
      })(),
    );
    expect(value).toEqual(["EPIPE", "", "", { code: 0, signal: undefined }]);
  });

  test("writing to a child that does not read any more is EPIPE", async () => {
    const value = await booted(
      (function* () {
        const child = yield* shell("exec 0<&-; echo closed; sleep 1000");
        yield* recv(child.stdout, 100);
        for (;;) {
          const code = yield* codeOf(sendAll(child.stdin, new Uint8Array(10_000)));
          if (code !== "") return code;
          yield* new Sleep(1);
        }
      })(),
    );
    expect(value).toBe("EPIPE");
  });

  test("so it is when the child has ended with unread input", async () => {
    const value = await booted(
      (function* () {
        const child = yield* new Exec("sleep", ["1000"]);
        yield* sendAll(child.stdin, new Uint8Array(1_000));
        child.sendSignal("KILL");
        yield* new WaitProcess(child);
        for (;;) {
          const code = yield* codeOf(sendAll(child.stdin, new Uint8Array(10_000)));
          if (code !== "") return code;
          yield* new Sleep(1);
        }
      })(),
    );
    expect(value).toBe("EPIPE");
  });

  describe("a child is ended with its task", () => {
    const ends: Record<string, (tid: number) => Program<unknown>> = {
      "is killed": function* (tid) {
        yield* new KillTask(tid);
      },
      "is cancelled": function* (tid) {
        yield* new CancelTask(tid);
      },
    };

    test.each(Object.keys(ends))("that %s, and so is what it has started", async (how) => {
      const value = await booted(
        (function* () {
          const { child, owner, reader } = yield* owned(shell("sleep 1000 & echo started; wait"));
          yield* ends[how]?.(owner) as Program<unknown>; // by its own name
          yield* new WaitTask(owner);
          // The sleep holds the pipe as well.
          return [yield* readLine(reader), child.closed, child.pid];
        })(),
      );
      expect(value.slice(0, 2)).toEqual([null, true]);
      await reaped(value[2] as number); // its pid
    });

    test("that returns", async () => {
      const pid = await booted(
        (function* () {
          return yield* new Join(
            yield* new NewTask(
              (function* () {
                return (yield* new Exec("sleep", ["1000"])).pid;
              })(),
            ),
          );
        })(),
      );
      await reaped(pid);
    });

    test("by TERM at first: it may tidy up", async () => {
      const value = await booted(
        (function* () {
          const { owner, reader } = yield* owned(
            shell("trap 'echo tidied up; exit' TERM; echo started; while :; do sleep 0.01; done"),
          );
          yield* new KillTask(owner);
          return [yield* readLine(reader), yield* readLine(reader)];
        })(),
      );
      expect(value).toEqual(["tidied up", null]);
    });

    test("by KILL in the end, whether it ignores TERM or is stopped", async () => {
      const value = await booted(
        (function* () {
          const deaf = yield* owned(shell("trap '' TERM; echo started; while :; do sleep 0.01; done"));
          const stopped = yield* owned(shell("echo started; kill -STOP $$"));
          for (const { owner } of [deaf, stopped]) yield* new KillTask(owner);
          return [yield* readLine(deaf.reader), yield* readLine(stopped.reader), deaf.child.pid, stopped.child.pid];
        })(),
      );
      expect(value.slice(0, 2)).toEqual([null, null]);
      for (const pid of value.slice(2)) await reaped(pid as number); // the two pids
    });

    test("even where it has exited, and what it had started goes on", async () => {
      const value = await booted(
        (function* () {
          const { child, owner, reader } = yield* owned(shell("sleep 1000 & echo started"));
          const exit = yield* new WaitProcess(child);
          yield* new KillTask(owner);
          return [exit, yield* readLine(reader)];
        })(),
      );
      expect(value).toEqual([{ code: 0, signal: undefined }, null]);
    });

    test("and not with it, once another has adopted it, with its pipes", async () => {
      const value = await booted(
        (function* () {
          let started: Process | undefined;
          const first = yield* new NewTask(
            (function* (): Program<void> {
              started = yield* new Exec("cat");
              yield* new Sleep(Number.POSITIVE_INFINITY);
            })(),
          );
          while (started === undefined) yield;
          const child = yield* new Adopt<Process>(started);
          yield* new KillTask(first);
          yield* new WaitTask(first);
          yield* sendAll(child.stdin, bytesOf("still here"));
          child.stdin.shutdown();
          return [yield* allOf(child), yield* new WaitProcess(child)];
        })(),
      );
      expect(value).toEqual(["still here", { code: 0, signal: undefined }]);
    });
  });

  test("none outlives the kernel, not even one that ignores TERM", async () => {
    const pid = await booted(
      (function* () {
        const child = yield* shell("trap '' TERM; echo started; while :; do sleep 0.01; done");
        yield* recv(child.stdout, 100);
        return child.pid;
      })(),
    );
    await reaped(pid);
  });

  test("its exit is its own: what it has started may hold its output open, and still write to it", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "yieldix-"));
    const value = await booted(
      (function* () {
        const child = yield* shell("(until [ -e go ]; do sleep 0.01; done; echo late) & exit 7", { cwd });
        const { code } = yield* new WaitProcess(child);
        writeFileSync(join(cwd, "go"), "");
        return [code, yield* allOf(child)];
      })(),
    );
    rmSync(cwd, { recursive: true });
    expect(value).toEqual([7, "late\n"]);
  });

  test("a wait for its exit can lose a select, be cut by a deadline, and be made again", async () => {
    const value = await booted(
      (function* () {
        const child = yield* new Exec("cat");
        const first = yield* new Select({ exit: new WaitProcess(child), tick: new Sleep(1) });
        const code = yield* codeOf(new Timeout(1, new WaitProcess(child)));
        child.stdin.shutdown();
        const last = yield* new Select({ exit: new WaitProcess(child), never: new Sleep(Number.POSITIVE_INFINITY) });
        return [first.key, code, last];
      })(),
    );
    expect(value).toEqual(["tick", "ETIMEDOUT", { key: "exit", value: { code: 0, signal: undefined } }]);
  });

  test("a second waiter is EBUSY; closing it wakes the first with EBADF", async () => {
    const value = await booted(
      (function* () {
        const child = yield* new Exec("cat");
        const waiting = yield* new NewTask(codeOf(new WaitProcess(child)));
        yield;
        const second = yield* codeOf(new WaitProcess(child));
        child.close();
        const codes = [second, yield* new Join(waiting), yield* codeOf(new WaitProcess(child))];
        codes.push(yield* codeOf(new Custom(() => child.sendSignal("TERM"))), yield* codeOf(recv(child.stdout, 1)));
        return codes;
      })(),
    );
    expect(value).toEqual(["EBUSY", "EBADF", "EBADF", "EBADF", "EBADF"]);
  });

  test("a child counts as one endpoint of its task, and one too many is never left running", async () => {
    const value = await booted(
      (function* () {
        yield* new Limit({ sockets: 1 });
        const child = yield* new Exec("cat");
        const code = yield* codeOf(new Exec("cat"));
        child.close();
        return [code, (yield* new Exec("cat")).closed];
      })(),
    );
    expect(value).toEqual(["EMFILE", false]);
  });

  test("lines of a child come one by one, while it goes on", async () => {
    const value = await booted(
      (function* () {
        const child = yield* shell("while read line; do echo got $line; done");
        const said = lines(new Reader(child.stdout));
        const answers = [];
        for (const word of ["one", "two"]) {
          yield* sendAll(child.stdin, bytesOf(`${word}\n`));
          answers.push(yield* said.next());
        }
        child.stdin.shutdown();
        return [...answers, yield* said.next()];
      })(),
    );
    expect(value).toEqual([{ done: false, value: "got one" }, { done: false, value: "got two" }, { done: true }]);
  });

  test("who has pledged not to may start none", async () => {
    const value = await booted(
      (function* () {
        yield* new Pledge(["io", "net", "task"]);
        return yield* codeOf(new Exec("true"));
      })(),
    );
    expect(value).toBe("EPERM");
  });
});

test("arguments that cannot be are refused at once, by name", () => {
  const wrong: readonly [() => Exec, string][] = [
    [() => new Exec(""), "the command is empty"],
    [() => new Exec("a\0b"), "the command has a NUL"],
    [() => new Exec("ls", ["a", "b\0"]), "argument 1 has a NUL"],
    [() => new Exec("ls", [1 as never]), "argument 0 must be a string"], // that is the test
    [() => new Exec("ls", "-l" as never), "array of strings"], // as above
    [() => new Exec("ls", [], { cwd: "\0" }), "cwd has a NUL"],
    [() => new Exec("ls", [], { env: { "A=B": "c" } }), '"A=B" is no name'],
    [() => new Exec("ls", [], { env: { A: "\0" } }), "the variable A has a NUL"],
    [() => new Exec("ls", [], { stdout: "tty" as never }), 'stdout is "tty"'], // that is the test
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
});

describe("on a simulated machine", () => {
  test("there are none", () => {
    expect(run(() => codeOf(new Exec("true"))).value).toBe("ENOTSUP");
  });

  test("a test gives what is started; a select that does not come to it starts nothing", () => {
    const commands: Command[] = [];
    const exec = (command: Command): Process => {
      commands.push(command);
      throw new RangeError("enough");
    };
    const { value } = run(
      function* () {
        const first = yield* new Select({ child: new Exec("one"), tid: new GetTid() });
        yield* new SetEnv("A", "task");
        return [first.key, yield* codeOf(new Exec("two", ["x"], { env: { B: undefined } }))];
      },
      { host: { exec } },
    );
    expect(value).toEqual(["tid", "RangeError"]);
    const pipes = { stdin: "pipe", stdout: "pipe", stderr: "pipe" };
    expect(commands).toEqual([
      { command: "two", args: ["x"], cwd: undefined, env: { A: "task", B: undefined }, ...pipes },
    ]);
  });
});

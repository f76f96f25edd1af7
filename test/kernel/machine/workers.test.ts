// Work in other threads, on each machine of this process: real ones.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { WorkerPool } from "../../../kernel/machine/workers.ts";
import type { Program, Runnable } from "../../../kernel/syscall.ts";
import {
  CancelTask,
  Join,
  KillTask,
  ListTasks,
  NewTask,
  Offload,
  Pledge,
  Select,
  Sleep,
  Timeout,
  WaitTask,
} from "../../../syscalls/index.ts";
import { run, runAsync } from "../../kit/index.ts";
import { codeOf } from "../../laws/programs.ts";
import { hostMachines } from "./host-machines.ts";
import { onHost, temporaryFolder } from "./on-host.ts";

const jobs = new URL("./jobs.ts", import.meta.url);

function shared(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

function* errorOf(program: Runnable<unknown>): Program<unknown> {
  try {
    return yield* program;
  } catch (error) {
    return error;
  }
}

describe.each(hostMachines)("on the %s machine", (machine) => {
  test("a function of a module is called in another thread, while tasks go on", async () => {
    const [total, other, ticks] = await onHost(machine, function* () {
      const told = shared();
      const worker = yield* new NewTask(new Offload<string>(jobs, told, { export: "waiting" }));
      let ticks = 0;
      for (; ticks < 10; ticks++) yield* new Sleep(1);
      Atomics.store(told, 0, 1);
      Atomics.notify(told, 0);
      expect(yield* new Join(worker)).toBe("told");
      const total = yield* new Offload<number>(fileURLToPath(jobs), [1, 2, 3], { export: "sum" });
      return [total, yield* new Offload<number>(jobs), ticks];
    });
    expect([total, ticks]).toEqual([6, 10]);
    expect(other).toBeGreaterThan(0);
  });

  test("an error has the message, the class, the code, the cause and the stack that it had there", async () => {
    const error = (await onHost(machine, () => errorOf(new Offload(jobs, undefined, { export: "failing" })))) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ name: "TypeError", message: "cannot be", code: "EJOB" });
    expect(error.cause).toMatchObject({ name: "RangeError", message: "the reason" });
    expect(error.stack).toContain("jobs.ts");
    expect(await onHost(machine, () => errorOf(new Offload(jobs, undefined, { export: "throwing" })))).toBe(
      "not even an error",
    );
  });

  test.each(["kill", "cancel", "deadline", "select"])(
    "given up by %s, a busy job is ended, and the next one runs",
    async (how) => {
      const total = await onHost(machine, function* () {
        const begun = shared();
        const job = new Offload(jobs, begun, { export: "busy" });
        const isBusy = (): boolean => Atomics.load(begun, 0) > 0;
        // A deadline or a select cannot be told when: they begin again until the job had begun.
        for (let ms = 100; !isBusy(); ms *= 2) {
          const again = new Offload(jobs, begun, { export: "busy" });
          const program =
            how === "deadline"
              ? new Timeout(ms, again)
              : how === "select"
                ? new Select({ again, idle: new Sleep(ms) })
                : job;
          const task = yield* new NewTask(codeOf(program));
          if (how === "kill" || how === "cancel") while (!isBusy()) yield* new Sleep(1);
          if (how === "kill") yield* new KillTask(task);
          if (how === "cancel") yield* new CancelTask(task);
          yield* new WaitTask(task);
        }
        return yield* new Offload<number>(jobs, [1, 2], { export: "sum" });
      });
      expect(total).toBe(3);
    },
  );

  test("what cannot be loaded, is no function, breaks its thread or cannot be copied is an error of the caller alone", async () => {
    const codes = await onHost(machine, function* () {
      const codes: string[] = [];
      for (const [data, name] of [
        [undefined, "none"],
        [undefined, "notAFunction"],
        [() => {}, "same"],
        [undefined, "leaving"],
        [undefined, "uncopyable"],
      ] as const) {
        codes.push(yield* codeOf(new Offload(jobs, data, { export: name })));
      }
      const missing = yield* errorOf(new Offload(new URL("./none.ts", jobs)));
      codes.push(String((missing as { code?: unknown }).code));
      expect(yield* new Offload(jobs, [4, 5], { export: "sum" })).toBe(9);
      return codes;
    });
    expect(codes).toEqual(["EINVAL", "EINVAL", "EINVAL", "EPIPE", "EPIPE", "ERR_MODULE_NOT_FOUND"]);
  });

  test("a buffer can be handed over", async () => {
    await onHost(machine, function* () {
      const bytes = new Uint8Array(1_000);
      const size = yield* new Offload<number>(jobs, bytes, { export: "size", transfer: [bytes.buffer] });
      expect([size, bytes.length]).toEqual([1_000, 0]);
    });
  });

  test("modules of any kind are loaded, of TypeScript below any package.json too", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
    writeFileSync(join(folder, "job.ts"), "export const twice = (n: number): number => 2 * n;");
    writeFileSync(join(folder, "job.mts"), "export const twice = (n: number): number => 2 * n;");
    writeFileSync(join(folder, "job.mjs"), "export const twice = (n) => 2 * n;");
    writeFileSync(join(folder, "job.cjs"), "module.exports = { twice: (n) => 2 * n };");
    await onHost(machine, function* () {
      for (const name of ["job.mjs", "job.cjs", "job.ts", "job.mts"]) {
        const twice = yield* new Offload<number>(pathToFileURL(join(folder, name)), 21, { export: "twice" });
        expect(twice).toBe(42);
      }
    });
  });

  test("the list says what a task waits for, and a pledge without exec forbids it", async () => {
    await onHost(machine, function* () {
      const told = shared();
      const worker = yield* new NewTask(new Offload(jobs, told, { export: "waiting" }));
      yield* new Sleep(1);
      const record = (yield* new ListTasks()).find(({ tid }) => tid === worker);
      expect([record?.verb, record?.object]).toEqual(["offload", `waiting of ${jobs.href}`]);
      yield* new KillTask(worker);
      yield* new Pledge(["file"]);
      expect(yield* codeOf(new Offload(jobs))).toBe("EPERM");
    });
  });
});

describe("a pool", () => {
  const job = (name: string, data?: unknown) => ({ module: jobs.href, export: name, data, transfer: [] });
  const never = new AbortController().signal;

  test("runs so many at once, lets so many wait, and refuses the rest with EAGAIN", async () => {
    const pool = new WorkerPool({ threads: 1, waiting: 1 });
    const told = shared();
    const first = pool.run(job("waiting", told), never);
    const second = pool.run(job("sum", [1]), never);
    await expect(pool.run(job("sum", [2]), never)).rejects.toMatchObject({ code: "EAGAIN" });
    expect(Atomics.load(told, 0)).toBe(0);
    Atomics.store(told, 0, 1);
    Atomics.notify(told, 0);
    expect(await Promise.all([first, second])).toEqual(["told", 1]);
    expect(await pool.threads()).toBe(1);
    pool.close();
  });

  test("a job that was given up makes room: for one that waits, and in the line", async () => {
    const pool = new WorkerPool({ threads: 1, waiting: 1 });
    const [begun, busy, bored] = [shared(), new AbortController(), new AbortController()];
    const first = pool.run(job("busy", begun), busy.signal);
    const second = pool.run(job("sum", [1]), bored.signal);
    bored.abort(new Error("bored"));
    await expect(second).rejects.toThrow("bored");
    const third = pool.run(job("sum", [2]), never);
    busy.abort();
    await expect(first).rejects.toThrow();
    expect(await third).toBe(2);
    pool.close();
  });

  test("threads without a job end", async () => {
    const pool = new WorkerPool({ threads: 1, idleMs: 0 });
    expect(await pool.run(job("sum", [1]), never)).toBe(1);
    while ((await pool.threads()) > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await pool.run(job("sum", [2]), never)).toBe(2);
    pool.close();
  });

  test("closed, it starts no more", async () => {
    const pool = new WorkerPool();
    pool.close();
    await expect(pool.run(job("sum", [1]), never)).rejects.toMatchObject({ code: "ECANCELED" });
  });
});

test("a process that has nothing else to do ends, with threads idle and its machine open", () => {
  const kernel = new URL("../../../kernel/index.ts", import.meta.url).href;
  const node = new URL("../../../kernel/machine/node.ts", import.meta.url).href;
  const syscalls = new URL("../../../syscalls/index.ts", import.meta.url).href;
  const program = `
    import { Kernel } from ${JSON.stringify(kernel)};
    import { NodeMachine } from ${JSON.stringify(node)};
    import { Offload } from ${JSON.stringify(syscalls)};
    const job = new Offload(${JSON.stringify(jobs.href)}, [1, 2], { export: "sum" });
    new Kernel(new NodeMachine()).run(job).then(console.log);`;
  const output = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(output).toBe("3\n");
});

describe("Offload", () => {
  test("is ENOTSUP on a simulated machine, unless it is given workers", async () => {
    expect(run(codeOf(new Offload(jobs))).value).toBe("ENOTSUP");
    expect((await runAsync(codeOf(new Offload(jobs)))).value).toBe("ENOTSUP");
    const workers = { run: async ({ data }: { data: unknown }) => data };
    expect((await runAsync(new Offload(jobs, 7), { host: { workers } })).value).toBe(7);
  });

  test("arguments that cannot be are refused when it is made", () => {
    for (const module of ["job.ts", "./job.ts", "", 7 as unknown as string, null as unknown as string]) {
      expect(() => new Offload(module)).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
    for (const name of ["", "x".repeat(1_000), 7 as unknown as string]) {
      expect(() => new Offload(jobs, undefined, { export: name })).toThrow(expect.objectContaining({ code: "EINVAL" }));
    }
  });
});

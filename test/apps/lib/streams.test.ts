// Node streams in the hands of tasks, on each machine of a real process, and what a simulated one says.

import { createServer, get, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { createGunzip, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  fromDuplex,
  fromReadable,
  lines,
  Reader,
  readLine,
  recv,
  sendAll,
  toWritable,
} from "../../../apps/lib/index.ts";
import { Kernel } from "../../../kernel/index.ts";
import { fromStream } from "../../../kernel/machine/stream.ts";
import type { Program, Runnable } from "../../../kernel/syscall.ts";
import {
  GetTask,
  Join,
  KillTask,
  Limit,
  NewTask,
  OpenStdin,
  OpenStream,
  Sleep,
  WaitTask,
} from "../../../syscalls/index.ts";
import { bootHost, hostMachines } from "../../kernel/machine/host-machines.ts";
import { onHost } from "../../kernel/machine/on-host.ts";
import { run } from "../../kit/index.ts";
import { codeOf } from "../../laws/programs.ts";
import { bytesOf } from "../../text.ts";

describe.each(hostMachines)("on the %s machine", (name) => {
  const booted = <T>(program: Runnable<T>): Promise<T> => onHost(name, () => program);

  test("the lines of a stream of Node's come one by one, through all its transforms", async () => {
    const zipped = gzipSync(Array.from({ length: 5_000 }, (_, n) => `line ${n}\n`).join(""));
    const stream = Readable.from([zipped], { objectMode: false }).pipe(createGunzip());
    const count = await booted(
      (function* (): Program<number> {
        const input = lines(new Reader(yield* fromReadable(stream, "gunzip")));
        let expected = 0;
        for (let line = yield* input.next(); !line.done; line = yield* input.next()) {
          if (line.value !== `line ${expected}`) return -1;
          expected++;
        }
        return expected;
      })(),
    );
    expect(count).toBe(5_000);
  });

  test("Node code reads what a task writes, at its own pace", async () => {
    const stream = new PassThrough({ highWaterMark: 1_000 });
    const wrote = booted(
      (function* (): Program<number> {
        const output = yield* toWritable(stream);
        yield* sendAll(output, new Uint8Array(50_000).fill(97));
        return output.bytesWritten;
      })(),
    );
    const read = await text(stream);
    expect([await wrote, read.length]).toEqual([50_000, 50_000]);
  });

  test("a Duplex is both ways", async () => {
    const answer = await booted(
      (function* (): Program<string> {
        const loop = yield* fromDuplex(new PassThrough());
        yield* sendAll(loop, bytesOf("round"));
        loop.shutdown();
        const reader = new Reader(loop);
        return `${loop.label}: ${yield* readLine(reader)}, ${yield* readLine(reader)}`;
      })(),
    );
    expect(answer).toBe("stream PassThrough: round, null");
  });

  test("its task's end destroys what it read, and ends what it wrote", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const said = text(output);
    const status = await booted(
      (function* (): Program<string> {
        const tid = yield* new NewTask(
          (function* (): Program<void> {
            yield* sendAll(yield* toWritable(output), bytesOf("last words"));
            yield* recv(yield* fromReadable(input, "silent"), 1);
          })(),
        );
        while ((yield* new GetTask(tid))?.state !== "blocked") yield* new Sleep(1);
        const waiting = yield* new GetTask(tid);
        yield* new KillTask(tid);
        return `${waiting?.verb} ${waiting?.object}: ${(yield* new WaitTask(tid)).status}`;
      })(),
    );
    expect(status).toBe("read silent: killed");
    expect([input.destroyed, await said]).toEqual([true, "last words"]);
  });

  test("an error of the stream is an error of the task that reads, with its cause", async () => {
    const stream = new PassThrough();
    const torn = Object.assign(new Error("torn"), { code: "EIO" });
    const error = await booted(
      (function* (): Program<unknown> {
        const reading = yield* new NewTask(
          (function* (): Program<unknown> {
            const input = yield* fromReadable(stream);
            try {
              return yield* recv(input, 1);
            } catch (thrown) {
              return thrown;
            }
          })(),
        );
        yield* new Sleep(1);
        stream.destroy(torn);
        return yield* new Join(reading);
      })(),
    );
    expect(error).toMatchObject({ code: "EIO", cause: torn });
  });

  test("a task answers an HTTP request by its response", async () => {
    const machine = bootHost(name);
    const kernel = new Kernel(machine);
    function* respond(response: ServerResponse): Program<void> {
      yield* sendAll(yield* toWritable(response, "response"), new Uint8Array(300_000).fill(97));
    }
    const server = createServer((_request, response) => {
      kernel.start(respond(response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const body = await new Promise<string>((resolve, reject) => {
      get({ port, host: "127.0.0.1" }, (response) => text(response).then(resolve, reject));
    });
    expect(body).toHaveLength(300_000);
    server.close();
    kernel.terminate("the test is over", 1_000);
    while (kernel.tasks.size > 0) await new Promise((resolve) => setImmediate(resolve));
    machine.close();
  });

  test("what cannot be one, or is one already, is refused, and takes no place of its task's", async () => {
    const codes = await booted(
      (function* (): Program<string[]> {
        const stream = new PassThrough();
        yield* fromReadable(stream);
        yield* new Limit({ sockets: 1 });
        return [
          yield* codeOf(fromReadable(stream)),
          yield* codeOf(fromReadable(Readable.from([{ an: "object" }]))),
          yield* codeOf(toWritable(new Writable({ objectMode: true }))),
          yield* codeOf(fromReadable({} as never)), // that is the test
          yield* codeOf(toWritable(null as never)), // as above
          yield* codeOf(fromReadable(new PassThrough())),
        ];
      })(),
    );
    expect(codes).toEqual(["EBUSY", "EINVAL", "EINVAL", "TypeError", "TypeError", "EMFILE"]);
  });
});

/** A connection of the test's own. */
const standing = fromStream(new PassThrough(), undefined, "given");

test("a simulated machine has neither, unless its test gives it them", () => {
  const { value } = run(function* () {
    return [yield* codeOf(fromReadable(new PassThrough())), yield* codeOf(new OpenStdin())];
  });
  expect(value).toEqual(["ENOTSUP", "ENOTSUP"]);
  expect(run(() => new OpenStdin(), { host: { openStdin: () => standing } }).value).toBe(standing);
});

test("no stream at all is a TypeError at once", () => {
  expect(() => new OpenStream({})).toThrow(TypeError);
});

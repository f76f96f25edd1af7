// Node streams as connections.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import type { Polled } from "../../../kernel/machine/machine.ts";
import { NodeMachine } from "../../../kernel/machine/node.ts";
import { fromStream } from "../../../kernel/machine/stream.ts";
import {
  bytesOf,
  codeOf,
  filled,
  misplaced,
  pass,
  pattern,
  polled,
  ready,
  received,
  receivedAll,
  sent,
  Told,
  text,
  told,
} from "../../kit/contract/bench.ts";

// Gives Node's loop its turns; what these tests wait for ends no poll of a machine, so each poll is short.
const machine = new (class extends NodeMachine {
  override poll(idleMs: number, done: Polled): boolean {
    return super.poll(Math.min(idleMs, 1), done);
  }
})();

test("two streams are one connection: bytes go in, come out, and end", async () => {
  const stream = new PassThrough();
  const connection = fromStream(stream, stream, "loop");
  expect([connection.label, connection.local, connection.peer]).toEqual(["loop", "", ""]);
  expect(connection.read(1)).toBeNull();
  await sent(machine, connection, bytesOf("round"));
  expect(text(await receivedAll(machine, connection, 5))).toBe("round");
  await pass(machine, 5);
  connection.shutdown();
  expect(await received(machine, connection)).toHaveLength(0);
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("EPIPE");
  expect([connection.bytesRead, connection.bytesWritten]).toEqual([5, 5]);
  connection.close();
});

test("writing stops at the stream's high-water mark and goes on once there is room", async () => {
  const stream = new PassThrough({ highWaterMark: 1_000 });
  const [end, far] = [fromStream(undefined, stream, "writer"), fromStream(stream, undefined, "reader")];
  const total = await filled(machine, end, 100_000);
  expect(total).toBeLessThan(10_000);
  const writer = new Told();
  end.watch("write", writer);
  await receivedAll(machine, far, total);
  await told(machine, writer, "the writer");
  expect(end.write(bytesOf("more"))).toBe(4);
});

test("reading in parts does not raise the stream's high-water mark", async () => {
  const stream = new PassThrough({ highWaterMark: 1_000 });
  const connection = fromStream(stream, undefined, "reader");
  stream.write(pattern(0, 5_000));
  await ready(machine, connection, "read");
  expect(connection.read(4_000)?.length).toBeLessThanOrEqual(4_000);
  expect(stream.readableHighWaterMark).toBe(1_000);
  await receivedAll(machine, connection, 5_000 - connection.bytesRead);
});

test("a stream with a high-water mark of 0 still takes bytes", async () => {
  const chunks: Uint8Array[] = [];
  const sink = new Writable({
    highWaterMark: 0,
    write: (chunk, _encoding, done) => {
      chunks.push(chunk);
      setImmediate(done);
    },
  });
  const connection = fromStream(undefined, sink, "sink");
  await sent(machine, connection, bytesOf("abc"));
  expect(text(Buffer.concat(chunks))).toBe("abc");
});

test("without a reading side there is only the end, without a writing side only EPIPE", () => {
  const stream = new PassThrough();
  expect(fromStream(undefined, stream, "writer").read(1)).toHaveLength(0);
  expect(codeOf(() => fromStream(new PassThrough(), undefined, "reader").write(bytesOf("x")))).toBe("EPIPE");
});

test("what a stream held when it was wrapped is not lost, nor an end seen before", async () => {
  const [held, over] = [new PassThrough(), new PassThrough()];
  held.end("held");
  over.end();
  over.resume();
  await pass(machine, 5);
  const connection = fromStream(held, undefined, "held");
  expect(text(await receivedAll(machine, connection, 4))).toBe("held");
  expect(await received(machine, connection)).toHaveLength(0);
  expect(over.readableEnded).toBe(true);
  over.pause();
  expect(fromStream(over, undefined, "over").read(1)).toHaveLength(0);
});

test("streams of objects, of text, and of somebody else are refused", () => {
  const flowing = new PassThrough().resume();
  const unfit = [new PassThrough({ objectMode: true }), new PassThrough().setEncoding("utf8"), flowing];
  for (const stream of unfit) expect(codeOf(() => fromStream(stream, undefined, "unfit"))).toBe("EINVAL");
  expect(codeOf(() => fromStream(undefined, new PassThrough({ writableObjectMode: true }), "unfit"))).toBe("EINVAL");
});

test("each direction of a stream belongs to one connection, until that is closed", async () => {
  const stream = new PassThrough();
  const [first, writing] = [fromStream(stream, undefined, "first"), fromStream(undefined, stream, "writing")];
  expect(codeOf(() => fromStream(stream, undefined, "second"))).toBe("EBUSY");
  expect(codeOf(() => fromStream(undefined, stream, "second"))).toBe("EBUSY");
  await sent(machine, writing, bytesOf("one"));
  expect(text(await receivedAll(machine, first, 3))).toBe("one");
  first.close();
  const second = fromStream(stream, undefined, "second");
  expect(codeOf(() => second.read(1))).toBe("");
});

test("a stream that breaks gives what it held, and then its error", async () => {
  const stream = new PassThrough();
  const connection = fromStream(stream, stream, "fragile");
  await sent(machine, connection, bytesOf("held"));
  await pass(machine, 5);
  const broken = Object.assign(new Error("the tape is torn"), { code: "EIO" });
  stream.destroy(broken);
  await pass(machine, 5);
  expect(text(await receivedAll(machine, connection, 4))).toBe("held");
  expect(codeOf(() => connection.read(1))).toBe("EIO");
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("EIO");
  expect(() => connection.read(1)).toThrow(expect.objectContaining({ cause: broken }));
});

test("a connection that broke while writing is ECONNRESET to its reader", async () => {
  const stream = new PassThrough();
  const connection = fromStream(stream, stream, "fragile");
  stream.destroy(Object.assign(new Error("nobody reads"), { code: "EPIPE" }));
  await ready(machine, connection, "read");
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("EPIPE");
  expect(codeOf(() => connection.read(1))).toBe("ECONNRESET");
});

test("a stream closed by somebody else before its end is ECONNRESET, and wakes its watchers", async () => {
  const stream = new PassThrough();
  const connection = fromStream(stream, stream, "closed");
  const reader = new Told();
  connection.watch("read", reader);
  stream.destroy();
  await told(machine, reader, "the reader");
  expect(codeOf(() => connection.read(1))).toBe("ECONNRESET");
});

test("an error of one stream is none of the other's", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const connection = fromStream(input, output, "two");
  output.destroy(Object.assign(new Error("gone"), { code: "EPIPE" }));
  input.write("still read");
  await ready(machine, connection, "read");
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("EPIPE");
  expect(text(await receivedAll(machine, connection, 10))).toBe("still read");
  expect(connection.read(1)).toBeNull();
});

test("closing destroys what was read and ends what was written, with all that was taken", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const connection = fromStream(input, output, "two");
  connection.write(bytesOf("last words"));
  connection.close();
  expect(input.destroyed).toBe(true);
  const far = fromStream(output, undefined, "far");
  expect(text(await receivedAll(machine, far, 10))).toBe("last words");
  expect(await received(machine, far)).toHaveLength(0);
});

test("with keep, closing leaves the streams open, as they were, for others", async () => {
  const stream = new PassThrough();
  const listeners = (): number[] => ["readable", "drain", "end", "close"].map((event) => stream.listenerCount(event));
  const before = listeners();
  for (let times = 0; times < 20; times += 1) fromStream(stream, stream, "kept", { keep: true }).close();
  expect(listeners()).toEqual(before);
  expect(stream.listenerCount("error")).toBe(1);
  stream.write("for the next");
  const next = fromStream(stream, stream, "next");
  expect(text(await receivedAll(machine, next, 12))).toBe("for the next");
});

test("with keep, shutdown ends the writing of that connection only", async () => {
  const stream = new PassThrough();
  const kept = fromStream(undefined, stream, "kept", { keep: true });
  kept.shutdown();
  expect(codeOf(() => kept.write(bytesOf("x")))).toBe("EPIPE");
  kept.close();
  const next = fromStream(stream, stream, "next");
  await sent(machine, next, bytesOf("goes on"));
  expect(text(await receivedAll(machine, next, 7))).toBe("goes on");
});

test("with keep, what fails after closing harms nobody", async () => {
  const sink = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done, new Error("the paper is out")) });
  const kept = fromStream(undefined, sink, "paper", { keep: true });
  expect(kept.write(bytesOf("x"))).toBe(1);
  kept.close();
  let broke = false;
  sink.once("error", () => {
    broke = true;
  });
  while (!broke) await polled(machine, 1);
  expect(sink.listenerCount("error")).toBe(1);
});

test("a child's pipes are a connection, both ways, to the end", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.pipe(process.stdout)"], { stdio: "pipe" });
  const connection = fromStream(child.stdout, child.stdin, "pipe cat");
  let [written, read] = [0, 0];
  while (read < 500_000) {
    if (written < 500_000) written += connection.write(pattern(written, Math.min(70_000, 500_000 - written)));
    else connection.shutdown();
    const bytes = connection.read(50_000);
    if (bytes === null) await pass(machine, 1);
    else if (bytes.length === 0) break;
    else {
      expect(misplaced(bytes, read)).toBe(-1);
      read += bytes.length;
    }
  }
  expect([written, read]).toEqual([500_000, 500_000]);
  expect(await received(machine, connection)).toHaveLength(0);
  connection.close();
  while (child.exitCode === null) await polled(machine, 1);
  expect(child.exitCode).toBe(0);
});

test("a child that reads nothing and ends breaks its input, and its output is still read", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.destroy(); console.log('bye')"], { stdio: "pipe" });
  const connection = fromStream(child.stdout, child.stdin, "pipe deaf");
  while (child.exitCode === null) await polled(machine, 1);
  let code: unknown = "";
  while (code === "") {
    code = codeOf(() => connection.write(pattern(0, 10_000)));
    await polled(machine, 1);
  }
  expect(["EPIPE", "ECONNRESET"]).toContain(code);
  expect(text(await receivedAll(machine, connection, 4))).toBe("bye\n");
  expect(await received(machine, connection)).toHaveLength(0);
  connection.close();
});

test.skipIf(process.platform !== "linux")("a device that is full is ENOSPC, and said to be full", async () => {
  const stream = createWriteStream("/dev/full");
  const connection = fromStream(undefined, stream, "full");
  connection.write(bytesOf("x"));
  await once(stream, "error");
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("ENOSPC");
  expect(() => connection.write(bytesOf("x"))).toThrow(/^write full: .*the device is full/);
});

test("a stream that has failed and not said so yet is known by what befell it", async () => {
  const stream = new Writable({
    write: (_bytes, _encoding, done) => done(Object.assign(new Error(), { code: "ENOSPC" })),
  });
  const connection = fromStream(undefined, stream, "full");
  expect(connection.write(bytesOf("x"))).toBe(1);
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("ENOSPC");
  await once(stream, "error");
  expect(codeOf(() => connection.write(bytesOf("x")))).toBe("ENOSPC");
});

// The two futures of the history: results that are waited for with a plain `yield`, and with `yield*`.

import { describe, expect, test } from "vitest";
import { EventLoop, Future as LoopFuture } from "../../../apps/evolution/delegation.ts";
import { type Coroutine, coroutine, Future } from "../../../apps/evolution/futures.ts";

const settled = <T>(future: { whenDone(callback: () => void): void; result(): T }): Promise<T> =>
  new Promise((resolve, reject) => {
    future.whenDone(() => {
      try {
        resolve(future.result());
      } catch (error) {
        reject(error);
      }
    });
  });
const value = <T>(of: T): Future<T> => new Future((resolve) => resolve(of));
const failure = (message: string): Future<never> => new Future((_resolve, reject) => reject(new Error(message)));

describe("a coroutine", () => {
  test("is given what its futures come to, now or later, and gives a future of its value", async () => {
    const sum = coroutine(function* sum(): Coroutine<unknown> {
      const later = new Future<number>((resolve) => setImmediate(() => resolve(2)));
      return [yield value(1), yield later, yield inner()];
    });
    const inner = coroutine(function* inner(): Coroutine<unknown> {
      return yield value(3);
    });
    expect(await settled(sum())).toEqual([1, 2, 3]);
  });

  test("has the errors of its futures thrown in, and may catch them", async () => {
    const catches = coroutine(function* catches(): Coroutine<unknown> {
      try {
        return yield failure("no");
      } catch (error) {
        return [error, yield value("and on")];
      }
    });
    expect(await settled(catches())).toEqual([new Error("no"), "and on"]);
  });

  test("that throws is a future with that error", async () => {
    const fails = coroutine(function* fails(): Coroutine<unknown> {
      return yield failure("no");
    });
    await expect(settled(fails())).rejects.toThrow("no");
  });

  test("does not grow the stack with futures that are done already", async () => {
    const count = coroutine(function* count(): Coroutine<number> {
      let sum = 0;
      for (let n = 0; n < 100_000; n++) sum += Number(yield value(1));
      return sum;
    });
    expect(await settled(count())).toBe(100_000);
  });
});

test("a future has no result before it is done", () => {
  expect(() => new Future(() => {}).result()).toThrow("wait for it with whenDone");
});

describe("a task", () => {
  const result = <T>(loop: EventLoop, of: LoopFuture<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      loop.createTask(
        (function* waiter(): Generator<LoopFuture<unknown>, void, void> {
          try {
            resolve(yield* of);
          } catch (error) {
            reject(error);
          }
        })(),
      );
    });

  test("hands itself over to another generator, and has its value and its errors", async () => {
    const loop = new EventLoop();
    const later = new LoopFuture<number>(loop);
    function* inner(): Generator<LoopFuture<unknown>, number, void> {
      return (yield* later) + 1;
    }
    function* outer(): Generator<LoopFuture<unknown>, unknown, void> {
      const failed = new LoopFuture<number>(loop);
      failed.setError(new Error("no"));
      try {
        yield* failed;
      } catch (error) {
        return [error, yield* inner()];
      }
      return "not thrown";
    }
    setImmediate(() => later.setResult(1));
    expect(await result(loop, loop.createTask(outer()))).toEqual([new Error("no"), 2]);
  });

  test("is a future of its error, which others may wait for", async () => {
    const loop = new EventLoop();
    const task = loop.createTask(
      (function* fails(): Generator<never, number, void> {
        throw new Error("no");
      })(),
    );
    await expect(result(loop, task)).rejects.toThrow("no");
  });

  test("takes its turn with the others", async () => {
    const loop = new EventLoop();
    const turns: string[] = [];
    function* worker(name: string): Generator<LoopFuture<unknown>, void, void> {
      for (let n = 0; n < 3; n++) {
        turns.push(name);
        const soon = new LoopFuture<void>(loop);
        loop.callSoon(() => soon.setResult());
        yield* soon;
      }
    }
    const tasks = ["a", "b"].map((name) => loop.createTask(worker(name)));
    for (const task of tasks) await result(loop, task);
    expect(turns.join("")).toBe("ababab");
  });
});

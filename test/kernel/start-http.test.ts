// Tasks behind an ordinary server of Node's, end to end: real requests, each of which starts a task; and how long a process
// lives that has nothing but a kernel.

import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { GetTask, Join, NewTask, type Program, Sleep } from "../../apps/index.ts";
import { Kernel, type LogRecord, SyscallError, type Tid } from "../../kernel/index.ts";
import { type Ended, Folder, Running, root } from "../apps/cli/command.ts";
import { Invariants } from "../kit/index.ts";
import { bootHost, hostMachines } from "./machine/host-machines.ts";

const requestId = new AsyncLocalStorage<string>();

/** What the server has seen of its tasks. */
interface Site {
  readonly kernel: Kernel;
  readonly logs: LogRecord[];
  readonly cleanedUp: string[];
  /** Called when a task that waits long has begun. */
  begun: (tid: Tid) => void;
}

/** Answers with who it is, as seen from wherever a task's code runs. */
function* whoAmI(levels: number): Program<(string | undefined)[]> {
  const seen = [requestId.getStore()];
  yield* new Sleep(1);
  seen.push(requestId.getStore());
  if (levels > 0) seen.push(...(yield* new Join(yield* new NewTask(whoAmI(levels - 1)))));
  return seen;
}

function* crash(): Program<never> {
  yield* new Sleep(1);
  throw new Error("crashed");
}

function* long(site: Site, tid: () => Tid): Program<string> {
  try {
    yield* new Sleep(1);
    site.begun(tid());
    yield* new Sleep(60_000);
    return "never";
  } finally {
    yield* new Sleep(1);
    site.cleanedUp.push(requestId.getStore() ?? "nobody");
  }
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { kernel } = site;
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const programs: Record<string, () => Program<unknown>> = {
    "/who": () => whoAmI(2),
    "/crash": crash,
    "/long": () => long(site, () => started.tid),
    "/task": () =>
      (function* (): Program<unknown> {
        return yield* new GetTask(Number(searchParams.get("tid")));
      })(),
  };
  const started = kernel.start((programs[pathname] ?? crash)(), pathname);
  response.on("close", () => {
    if (!response.writableFinished) kernel.cancel(started.tid, 0, "the client has left");
  });
  try {
    const value = await started;
    response.end(JSON.stringify({ tid: started.tid, value, after: requestId.getStore() }));
  } catch (error) {
    response.statusCode = 500;
    response.end(error instanceof SyscallError ? error.code : String(error));
  }
}

describe.each(hostMachines)("a server of node:http with a kernel on the %s machine", (name) => {
  let site: Site;
  let server: Server;
  let url: string;
  let invariants: Invariants;

  beforeEach(async () => {
    const logs: LogRecord[] = [];
    const kernel = new Kernel(bootHost(name), { log: (record) => logs.push(record) });
    invariants = new Invariants(kernel);
    kernel.addObserver(invariants);
    site = { kernel, logs, cleanedUp: [], begun: () => {} };
    server = createServer((request, response) => {
      void requestId.run(String(request.headers["x-id"]), () => serve(site, request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  });

  afterEach(async () => {
    const { kernel } = site;
    kernel.terminate("the test is over", 100);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    kernel.machine.close();
    expect(invariants.violation).toBeUndefined();
  });

  const ask = (path: string, id: string, signal?: AbortSignal): Promise<Response> =>
    fetch(url + path, { headers: { "x-id": id, connection: "close" }, ...(signal === undefined ? {} : { signal }) });

  test("answers many at once, each from a task of its own that knows whose it is", async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `request ${n}`);
    const answers = await Promise.all(ids.map(async (id) => (await (await ask("/who", id)).json()) as { tid: number }));
    expect(answers).toEqual(ids.map((id) => ({ tid: expect.any(Number), value: Array(6).fill(id), after: id })));
    expect(new Set(answers.map(({ tid }) => tid)).size).toBe(60);
    expect([site.kernel.tasks.size, site.kernel.traits.size]).toEqual([1, 0]);
  });

  test("a task that throws fails its own request, and no other; what is handled is not logged", async () => {
    const [bad, good] = await Promise.all([ask("/crash", "a"), ask("/who", "b")]);
    expect([bad.status, await bad.text()]).toEqual([500, "Error: crashed"]);
    expect(await good.json()).toMatchObject({ value: Array(6).fill("b") });
    expect(site.logs).toEqual([]);
  });

  test("a task that is killed rejects its promise with ECANCELED, after its cleanup", async () => {
    const begun = new Promise<Tid>((resolve) => {
      site.begun = resolve;
    });
    const waiting = ask("/long", "victim");
    const tid = await begun;
    expect(await (await ask(`/task?tid=${tid}`, "looker")).json()).toMatchObject({
      value: { tid, name: "/long", state: "blocked", verb: "sleep" },
    });
    site.kernel.kill(tid, 0, "by hand");
    const answer = await waiting;
    expect([answer.status, await answer.text()]).toEqual([500, "ECANCELED"]);
    expect(site.cleanedUp).toEqual(["victim"]);
  });

  test("a client that leaves has its task cancelled, which cleans up as the request's", async () => {
    const begun = new Promise<Tid>((resolve) => {
      site.begun = resolve;
    });
    const client = new AbortController();
    const waiting = ask("/long", "gone", client.signal).catch((error: unknown) => error);
    const tid = await begun;
    client.abort();
    expect(await waiting).toMatchObject({ name: "AbortError" });
    const exit = await site.kernel
      .start(
        (function* (): Program<void> {
          while ((yield* new GetTask(tid)) !== undefined) yield* new Sleep(1);
        })(),
      )
      .then(() => site.cleanedUp);
    expect(exit).toEqual(["gone"]);
  });
});

describe.concurrent.each(hostMachines)("a process with a kernel on the %s machine", (name) => {
  const folder = new Folder({});
  afterAll(() => folder.remove());
  const [kernel, apps, machines] = ["kernel/index.ts", "apps/index.ts", "test/kernel/machine/host-machines.ts"].map(
    (path) => JSON.stringify(join(root, path)),
  );
  const runScript = (file: string, body: string): Promise<Ended> => {
    const text = `
      import { Kernel } from ${kernel};
      import { Await, Sleep } from ${apps};
      import { bootHost } from ${machines};
      const kernel = new Kernel(bootHost("${name}"));
      process.on("exit", (code) => console.log("exit", code));
      ${body}`;
    folder.write({ [file]: text });
    return new Running(process.execPath, ["--import", import.meta.resolve("tsx"), join(folder.path, file)], root).ended;
  };

  test("lives as long as a started task, and no longer", async () => {
    const { code, out, err } = await runScript(
      "lives.ts",
      `function* nap() { yield* new Sleep(30); return "slept"; }
       kernel.start(nap()).then(console.log);`,
    );
    expect([code, out, err]).toEqual([0, "slept\nexit 0\n", ""]);
  });

  test("is kept by a task that waits for what would not keep it", async () => {
    const { code, out } = await runScript(
      "kept.ts",
      `function* wait() { return yield* new Await(new Promise((resolve) => setTimeout(resolve, 50, "came").unref())); }
       kernel.start(wait()).then(console.log);`,
    );
    expect([code, out]).toEqual([0, "came\nexit 0\n"]);
  });

  test("can be started in again after it was idle, while something else keeps it", async () => {
    const { code, out } = await runScript(
      "again.ts",
      `function* nap(text: string) { yield* new Sleep(5); return text; }
       const first = kernel.start(nap("first"));
       first.then(console.log);
       first.then(() => setTimeout(() => kernel.start(nap("second")).then(console.log), 50));`,
    );
    expect([code, out]).toEqual([0, "first\nsecond\nexit 0\n"]);
  });

  test("is not ended, nor its exit code changed, by a crash that nobody asked about: it is on stderr, once", async () => {
    const { code, out, err } = await runScript(
      "crashes.ts",
      `function* crash() { yield* new Sleep(1); throw new Error("nobody looks"); }
       function* nap() { yield* new Sleep(20); return "others live"; }
       kernel.start(crash(), "lonely");
       kernel.start(nap()).then(console.log);`,
    );
    expect([code, out]).toEqual([0, "others live\nexit 0\n"]);
    expect(err.match(/nobody looks/g)).toHaveLength(1);
    expect(err).toMatch(/error task 2 \(lonely\): crashed\nError: nobody looks\n/);
  });
});

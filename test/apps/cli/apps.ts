// The apps that the command's tests run, as files of a folder that knows no yieldix.

const sequence = "\\u001b[31m";

/** Name and text of each. */
export const appFiles: Readonly<Record<string, string>> = {
  "prints.ts": `
    import { GetTid, Log, type Program } from "yieldix";
    import type { Tid } from "yieldix/kernel";
    import * as syscalls from "yieldix/syscalls";
    export default function* prints(argv: string[]): Program<string> {
      const tid: Tid = yield* new GetTid();
      console.log(JSON.stringify(argv), tid, syscalls.GetTid === GetTid);
      yield* new Log("logged");
      return "a value that nobody prints";
    }`,
  "plain.js": `
    import { GetTid } from "yieldix";
    export default function* plain(argv) { console.log(JSON.stringify(argv), yield* new GetTid()); }`,
  "commonjs/package.json": `{ "type": "commonjs" }`,
  "commonjs/app.ts": `
    import { GetTid, type Program } from "yieldix";
    import { word } from "./word.ts";
    export default function* app(): Program<void> { console.log(word, yield* new GetTid()); }`,
  "commonjs/word.ts": `export const word: string = "hello";`,
  "commonjs/app.js": `import { GetTid } from "yieldix"; export default function* app() { yield* new GetTid(); }`,
  "routine.ts": `
    import { routine } from "yieldix";
    export default routine(function* main(argv: string[]) { console.log("routine", argv.length); });`,
  "throws.ts": `
    import { NewTask, Join, Sleep, routine, type Program } from "yieldix";
    const inner = routine(function* inner(): Program<void> { yield* new Sleep(1); throw new Error("bang ${sequence}"); });
    export default function* outer(): Program<void> { yield* new Join(yield* new NewTask(inner())); }`,
  "throws-text.ts": `export default function* app() { throw "bang ${sequence}"; }`,
  "address-in-use.ts": `
    import { Listen, type Program } from "yieldix";
    export default function* app(): Program<void> {
      const first = yield* new Listen({ port: 0 });
      yield* new Listen(first.address);
    }`,
  "opens.ts": `
    import { Group, Open, type Program, Shield } from "yieldix";
    export default function* app(paths: string[]): Program<void> {
      yield* new Group(function* (members): Program<void> {
        // The first that fails has the others cancelled, which is not to keep them from failing.
        for (const path of paths) yield* members.spawn(new Shield(new Open(path)));
      });
    }`,
  "late.ts": `
    import { Sleep, Timeout, type Program } from "yieldix";
    export default function* app(): Program<void> { yield* new Timeout(1, new Sleep(60_000)); }`,
  "kills-itself.ts": `
    import { GetTid, KillTask, type Program } from "yieldix";
    export default function* app(): Program<void> { yield* new KillTask(yield* new GetTid(), "enough ${sequence}"); }`,
  "deadlock.ts": `
    import { GetTid, NewTask, WaitTask, type Program, type Tid } from "yieldix";
    function* child(parent: Tid): Program<void> { yield* new WaitTask(parent); }
    export default function* app(): Program<void> {
      try { yield* new WaitTask(yield* new NewTask(child(yield* new GetTid()), "child ${sequence}")); }
      finally { console.log("cleaned up"); }
    }`,
  "panic.ts": `
    import { Sleep, type Program } from "yieldix";
    import { Syscall, type Kernel, type Task } from "yieldix/kernel";
    class Twice extends Syscall<void> {
      override handle(task: Task, kernel: Kernel): void { kernel.makeReady(task); kernel.makeReady(task); }
    }
    export default function* app(): Program<void> { yield* new Twice(); yield* new Sleep(60_000); }`,
  "no-default.ts": `export const app = 1;`,
  "number.ts": `export default 7;`,
  "async.ts": `export default async function app() {}`,
  "async-generator.ts": `export default async function* app() {}`,
  "nothing.ts": `export default function app() {}`,
  "load-throws.ts": `throw new Error("while loading ${sequence}");`,
  "never-loads.ts": `await new Promise(() => {}); export default function* app() {}`,
  "exits.ts": `process.exit(7);`,
  "awaits-natively.ts": `export default function* app() { await 1; }`,
  "misspells.ts": `import { Slep } from "yieldix"; export default function* app() { yield* new Slep(1); }`,
  "syntax.js": `export default function* app( { ;`,
  "imports-nothing.ts": `import "yieldix/nonsense"; export default function* app() {}`,
  "timer-throws.ts": `
    import { Sleep, type Program } from "yieldix";
    setTimeout(() => { throw new Error("tick ${sequence}"); }, 1);
    export default function* app(): Program<void> {
      try { yield* new Sleep(60_000); } finally { console.log("cleaned up"); }
    }`,
  "leftover.ts": `
    setInterval(() => {}, 1_000).unref();
    export default function* app() { console.log("over"); }`,
  "listens.ts": `
    import { Listen, ReadWait, type Program } from "yieldix";
    export default function* app(): Program<void> {
      const listener = yield* new Listen({ port: 0 });
      console.log("ready");
      try { for (;;) yield* new ReadWait(listener); } finally { console.log("cleaned up"); }
    }`,
  "cleans.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      console.log("ready");
      try { yield* new Sleep(60_000); } finally { yield* new Sleep(300); console.log("cleaned up"); }
    }`,
  "echoes.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      console.log("ready");
      try { yield* new Sleep(60_000); } finally {
        process.kill(process.pid, "SIGINT");
        yield* new Sleep(300);
        console.log("cleaned up");
      }
    }`,
  "catches.ts": `
    import { Cancelled, Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      console.log("ready");
      try { yield* new Sleep(60_000); } catch (error) { console.log(error instanceof Cancelled, String(error)); }
    }`,
  "lingers.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      console.log("ready");
      try { yield* new Sleep(60_000); } finally { for (;;) { console.log("lingering"); yield* new Sleep(20); } }
    }`,
  "unclean.ts": `
    import { NewTask, Sleep, type Program } from "yieldix";
    function* stubborn(): Program<void> {
      try { for (;;) try { yield* new Sleep(60_000); } catch {} } finally { for (;;) yield* new Sleep(10); }
    }
    export default function* app(): Program<void> {
      yield* new NewTask(stubborn(), "stubborn");
      console.log("ready");
      yield* new Sleep(60_000);
    }`,
  "fails-late.ts": `
    import { Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      console.log("ready");
      try { yield* new Sleep(60_000); } catch { throw new Error("could not save"); }
    }`,
  "chatters.ts": `
    import { Log, Sleep, type Program } from "yieldix";
    export default function* app(argv: string[]): Program<void> {
      for (let line = 0; line < 100; line++) {
        if (argv[0] === "stdout") { console.log(line); process.stdout.write("direct\\n"); } else yield* new Log("line");
        yield* new Sleep(1);
      }
      if (argv[0] === "stdout") yield* new Log("over"); else console.log("over");
    }`,
  "prints-on.ts": `
    import { Log, print, Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      try { for (;;) { yield* print("line"); yield* new Sleep(1); } } finally { yield* new Log("over"); }
    }`,
  "group-prints.ts": `
    import { Group, print, Sleep, type Program } from "yieldix";
    function* printing(): Program<void> { for (;;) { yield* print("line"); yield* new Sleep(1); } }
    function* faulty(): Program<void> { try { yield* printing(); } catch { throw new Error("a fault of mine"); } }
    export default function* app(argv: string[]): Program<void> {
      const part = argv[0] === "fault" ? faulty : printing; // of both: the first to find it out ends the other
      yield* new Group(function* (members) {
        yield* members.spawn(part(), "printer");
        yield* part();
      });
    }`,
  "turns.ts": `
    import { GetTid, Join, NewTask, type Program } from "yieldix";
    function* child(name: string): Program<void> {
      for (let i = 0; i < 6; i++) { process.stdout.write(name); yield* new GetTid(); }
    }
    export default function* app(): Program<void> {
      const tids = [yield* new NewTask(child("a")), yield* new NewTask(child("b"))];
      for (const tid of tids) yield* new Join(tid);
    }`,
  "simulated.ts": `
    import { Connect, GetTime, Listen, print, Sleep, type Program } from "yieldix";
    export default function* app(): Program<void> {
      const listener = yield* new Listen({ port: 7000 });
      const before = yield* new GetTime();
      yield* new Connect(listener.address);
      yield* print(String((yield* new GetTime()) - before));
      yield* new Sleep(3_600_000);
    }`,
  "awaits.ts": `
    import { readFile } from "node:fs/promises";
    import { Await, type Program } from "yieldix";
    export default function* app(argv: string[]): Program<void> {
      console.log((yield* new Await(readFile(String(argv[0]), "utf8"))).length > 0);
    }`,
  "folder.ts/index.ts": "",
  "text.txt": "",
};

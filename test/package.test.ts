// What is published: packed by npm from the sources, installed into an empty folder, and used there as a stranger
// would: run, imported, type-checked. No install script runs, and nothing is there that is not shipped.

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Running } from "./apps/cli/command.ts";
import { hasEpoll } from "./kernel/machine/host-machines.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "yieldix-package-"));
const home = join(work, "home");
const dependencies = ["blessed", "commander", "htmlparser2", "http-parser-js", "piscina", "robots-parser", "tsx"];
let tarball = "";
let packed: readonly string[] = [];

interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function call(cwd: string, file: string, ...args: string[]): Promise<Output> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { cwd, env });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }; // execFile's
    return { code, out: stdout, err: stderr };
  }
}

async function must(cwd: string, file: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await call(cwd, file, ...args);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} exited with ${code}:\n${out}${err}`);
  return out;
}

// In a copy, so that no build lands in the working tree while other tests read it.
async function pack(): Promise<void> {
  const copy = join(work, "copy");
  const parts = ["package.json", "tsconfig.json", "LICENSE", "README.md", "kernel", "syscalls", "apps", "test/kit"];
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const said = await must(copy, "npm", "pack", "--json", "--pack-destination", work);
  const [entry] = JSON.parse(said.slice(said.indexOf("[\n"))) as { filename: string; files: { path: string }[] }[]; // npm's
  tarball = join(work, entry?.filename ?? "");
  packed = (entry?.files ?? []).map(({ path }) => path);
}

async function install(folder: string): Promise<void> {
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  await must(folder, "npm", "install", "--prefix", folder, ...flags, tarball);
}

function write(files: Readonly<Record<string, string>>, folder = home): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function folder(name: string): string {
  const path = join(work, name);
  cpSync(join(root, "LICENSE"), join(path, "LICENSE")); // makes the folder
  rmSync(join(path, "LICENSE"));
  return path;
}

const compile = (...args: string[]): Promise<Output> =>
  call(home, process.execPath, join(root, "node_modules/typescript/bin/tsc"), "--noEmit", "--strict", ...args);
const nodeNext = ["--skipLibCheck", "false", "--module", "nodenext", "--target", "es2023"];

beforeAll(async () => {
  await pack();
  folder("home");
  await install(home);
}, 300_000);
afterAll(() => rmSync(work, { recursive: true, force: true }), 300_000);

describe("the tarball", () => {
  test("holds the sources, what is built from them, README and LICENSE, and nothing else", () => {
    const shipped = /^(package\.json|README\.md|LICENSE|(dist\/)?(kernel|syscalls|apps|test\/kit)\/.+)$/;
    expect(packed.filter((path) => !shipped.test(path))).toEqual([]);
    expect(packed.filter((path) => /\.test\.|node_modules|tsbuildinfo/.test(path))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
    const sources = packed.filter((path) => path.endsWith(".ts") && !path.startsWith("dist/"));
    expect(sources.length).toBeGreaterThan(50);
    const built = sources.flatMap((path) =>
      [".js", ".js.map", ".d.ts", ".d.ts.map"].map((ending) => `dist/${path.replace(/\.ts$/, ending)}`),
    );
    expect(packed.filter((path) => path.startsWith("dist/")).sort()).toEqual(built.sort());
  });

  test("has nothing that publint would have otherwise", async () => {
    const bytes = readFileSync(tarball);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("installs with its dependencies and one that may be missing, no script run", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, object>; // ours
    expect(Object.keys(manifest["dependencies"] ?? {})).toEqual(dependencies);
    expect(Object.keys(manifest["optionalDependencies"] ?? {})).toEqual(["koffi"]);
    expect(Object.keys(manifest["scripts"] ?? {}).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
    for (const name of [...dependencies, "koffi", "yieldix"])
      expect(existsSync(join(home, "node_modules", name))).toBe(true);
    for (const name of ["vitest", "typescript"]) expect(existsSync(join(home, "node_modules", name))).toBe(false);
  });
});

describe("an installed yieldix", () => {
  const app = `
    import { GetTid, Join, NewTask, print, type Program } from "yieldix";
    function* child(word: string): Program<string> { yield* new GetTid(); return word; }
    export default function* app(argv: string[]): Program<void> {
      yield* print((yield* new Join(yield* new NewTask(child("child")))) + " " + argv.join(","));
    }`;

  test("runs an app in TypeScript and one in JavaScript, in its folder and anywhere else", async () => {
    const plain = app.replace(/, type Program|: Program<\w+>|: string(\[\])?/g, "");
    write({ "app.ts": app, "app.js": plain });
    for (const file of ["app.ts", "app.js"]) {
      expect(await call(home, "npx", "--no", "yieldix", "run", file, "--x")).toMatchObject({
        code: 0,
        out: "child --x\n",
      });
    }
    const away = folder("away");
    write({ "app.ts": app, "app.mjs": plain }, away);
    for (const file of ["app.ts", "app.mjs"]) {
      const bin = join(home, "node_modules/.bin/yieldix");
      expect(await call(away, bin, "run", file, "--x")).toMatchObject({ code: 0, out: "child --x\n", err: "" });
    }
  });

  test("type-checks an app under --strict, with and without the types of Node", async () => {
    const uses = `
      import { Kernel, Syscall } from "yieldix/kernel";
      import { Await, Listen } from "yieldix/syscalls";
      import * as rpc from "yieldix/rpc";
      import * as kit from "yieldix/testing";
      export default function* app(): Program<string> {
        const listener = yield* new Listen({ port: 0 });
        return listener.label + (yield* new Await(async (signal) => String(signal.aborted)));
      }
      export const all = [Kernel, Syscall, rpc, kit];`;
    write({ "typed.ts": `import type { Program } from "yieldix";${uses}` });
    expect(await compile(...nodeNext, "app.ts", "typed.ts")).toMatchObject({ code: 0, out: "" });
    for (const name of ["@types", "undici-types"]) {
      if (!existsSync(join(home, "node_modules", name)))
        symlinkSync(join(root, "node_modules", name), join(home, "node_modules", name));
    }
    expect(await compile(...nodeNext, "--types", "node", "app.ts", "typed.ts")).toMatchObject({ code: 0, out: "" });
    const bundler = [
      "--skipLibCheck",
      "false",
      "--module",
      "esnext",
      "--moduleResolution",
      "bundler",
      "--target",
      "es2023",
    ];
    expect(await compile(...bundler, "app.ts", "typed.ts")).toMatchObject({ code: 0, out: "" });
  });

  test("refuses what is wrongly typed", async () => {
    write({
      "wrong.ts": `
        import { GetTime, type Program } from "yieldix";
        export default function* app(): Program<void> { const time: string = yield* new GetTime(); void time; }`,
    });
    const { code, out } = await compile(...nodeNext, "wrong.ts");
    expect(out).toMatch(/wrong\.ts\(3,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/);
    expect(code).not.toBe(0);
  });

  test("begins a syscall and an app, which compile under every strict flag and pass their tests", async () => {
    const begun = folder("begun");
    mkdirSync(join(begun, "node_modules"));
    symlinkSync(join(home, "node_modules/yieldix"), join(begun, "node_modules/yieldix"));
    symlinkSync(join(root, "node_modules/vitest"), join(begun, "node_modules/vitest"));
    const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
      compilerOptions: object;
    }; // ours
    const { rewriteRelativeImportExtensions, allowImportingTsExtensions, ...flags } = compilerOptions as Record<
      string,
      unknown
    >; // as above
    expect([rewriteRelativeImportExtensions, allowImportingTsExtensions]).toEqual([true, true]);
    const options = { ...flags, types: [], noEmit: true };
    write(
      { "package.json": '{ "type": "module" }', "tsconfig.json": JSON.stringify({ compilerOptions: options }) },
      begun,
    );
    for (const what of [
      ["syscall", "TakeTicket"],
      ["app", "hello"],
    ]) {
      expect(await must(begun, join(home, "node_modules/.bin/yieldix"), "new", ...what)).toContain(
        "next: npx vitest run",
      );
    }
    await must(begun, process.execPath, join(root, "node_modules/typescript/bin/tsc"));
    const { testResults } = JSON.parse(
      await must(begun, join(root, "node_modules/.bin/vitest"), "run", "--reporter", "json"),
    ) as {
      testResults: { status: string }[];
    }; // vitest's
    expect(testResults.map(({ status }) => status)).toEqual(["passed", "passed"]);
  });

  test("exports what it says and hides the rest; yieldix/testing needs no vitest", async () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: object }; // ours
    const entries = Object.keys(manifest.exports).filter((path) => /^\.(\/\w+)?$/.test(path));
    expect(entries).toEqual([".", "./kernel", "./syscalls", "./rpc", "./http", "./testing"]);
    const loads = entries.map(
      (path) =>
        `import * as _${path.length} from "yieldix${path.slice(1)}"; console.log(Object.keys(_${path.length}).length > 0);`,
    );
    write({ "loads.mjs": loads.join("\n") });
    expect(await call(home, process.execPath, "loads.mjs")).toEqual({
      code: 0,
      out: "true\n".repeat(entries.length),
      err: "",
    });
    const inside = `import("yieldix/dist/kernel/task.js").catch((error) => console.log(error.code))`;
    expect((await call(home, process.execPath, "-e", inside)).out).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });

  test("works beside another copy of itself in one process", async () => {
    const beside = folder("beside");
    cpSync(join(home, "node_modules/yieldix"), join(beside, "node_modules/yieldix"), { recursive: true });
    write(
      {
        "app.ts": `
          import { Cancelled, CancelTask, GetTid, Join, KillTask, NewTask, print, routine, Sleep, SyscallError, Timeout, WaitTask, type Program } from "yieldix";
          const add = routine(function* add(a: number, b: number): Program<number> { yield* new Sleep(1); return a + b; });
          const sleeper = routine(function* sleeper(): Program<string> {
            try { yield* new Sleep(60_000); return "awake"; } catch (error) { return (error as Error).name; }
          });
          export default function* app(): Program<void> {
            yield* print(import.meta.resolve("yieldix"));
            yield* print(String(yield* add(yield* new GetTid(), yield* new Timeout(1_000, add(2, 3)))));
            yield* print(String(yield* new Join(yield* new NewTask(add(3, 4)))));
            const [killed, cancelled] = [yield* new NewTask(sleeper()), yield* new NewTask(sleeper())];
            yield* new Sleep(1);
            yield* new KillTask(killed);
            yield* new CancelTask(cancelled);
            yield* print((yield* new WaitTask(killed)).status + " " + (yield* new Join(cancelled)));
            try { yield* new Timeout(1, sleeper()); } catch (error) { yield* print((error as SyscallError).code + Cancelled.name); }
            throw new SyscallError("EPERM", "not here");
          }`,
      },
      beside,
    );
    const { code, out, err } = await call(beside, join(home, "node_modules/.bin/yieldix"), "run", "app.ts");
    const [copy, ...lines] = out.trim().split("\n");
    expect(copy).toContain("/beside/node_modules/yieldix/dist/apps/index.js");
    expect(lines).toEqual(["6", "7", "killed Cancelled", "ETIMEDOUTCancelled"]);
    expect(err).toMatch(/^yieldix: app\.ts failed: EPERM: not here\n/);
    expect(code).toBe(1);
  });
});

describe("an installed yieldix serves", () => {
  /** Serves one request with the echo app, until it is asked to end. @returns the machine's name, and stderr */
  async function served(at: string): Promise<{ machine: string | undefined; err: string }> {
    const path = join(at, "echo.sock");
    const command = [join(at, "node_modules/.bin/yieldix"), "run", "node_modules/yieldix/dist/apps/echo.js"];
    const server = new Running(process.execPath, [...command, "--path", path], at);
    await server.wrote("Ctrl-C");
    const client = connect(path);
    client.end('{"jsonrpc":"2.0","method":"sum","params":[1,2,3],"id":1}\n');
    expect(await text(client)).toBe('{"jsonrpc":"2.0","result":6,"id":1}\n');
    server.child.kill("SIGTERM");
    const { code, out, err } = await server.ended;
    expect(code).toBe(0);
    const lines = err.split("\n").filter((line) => !line.includes("SIGTERM: ending"));
    return { machine: /\((\w+) machine, strict\)/.exec(out)?.[1], err: lines.join("\n") };
  }

  test.runIf(hasEpoll)("on the epoll machine, though no script of koffi's was run", async () => {
    expect(await served(home)).toEqual({ machine: "epoll", err: "" });
  });

  test.runIf(hasEpoll)(
    "on the node machine without koffi, or without its binary, and says why in one line",
    async () => {
      for (const missing of [["koffi", "@koromix"], ["@koromix"]]) {
        const bare = folder(`without-${missing[0]?.replace("@", "")}`);
        cpSync(join(home, "node_modules"), join(bare, "node_modules"), { recursive: true, verbatimSymlinks: true });
        for (const name of missing) rmSync(join(bare, "node_modules", name), { recursive: true });
        const { machine, err } = await served(bare);
        expect(machine).toBe("node");
        expect(err).toMatch(
          /^yieldix: running on the node machine: the epoll machine cannot run here: [^\n]*koffi[^\n]*\n$/,
        );
      }
    },
  );

  test.runIf(!hasEpoll)("on the node machine, and says why in one line", async () => {
    const { machine, err } = await served(home);
    expect(machine).toBe("node");
    expect(err).toMatch(/^yieldix: running on the node machine: the epoll machine cannot run here: [^\n]*\n$/);
  });
});

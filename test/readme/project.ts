// A folder in which a document's files are run, tested and compiled as a reader would, with yieldix taken from the sources.

import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { home } from "../../apps/cli/home.ts";
import { type Ended, Folder, root, yieldix } from "../apps/cli/command.ts";

const bin = (name: string): string => join(root, "node_modules/.bin", name);

export class Project {
  readonly #folder = new Folder({});

  /** @param files name and text of each */
  constructor(files: Readonly<Record<string, string>>) {
    const paths = Object.entries(home().entries).map(([name, url]) => [name, new URL(url).pathname] as const);
    const alias = paths.map(([name, path]) => `{ find: /^${name.replaceAll("/", "\\/")}$/, replacement: "${path}" }`);
    const compilerOptions = {
      module: "nodenext",
      target: "es2023",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true, // the sources do
      types: ["node"], // and they need these
      paths: Object.fromEntries(paths.map(([name, path]) => [name, [path]])),
    };
    this.#folder.write({
      "package.json": '{ "type": "module" }',
      "tsconfig.json": JSON.stringify({ compilerOptions, include: ["*.ts"] }),
      "vitest.config.mjs": `export default { resolve: { alias: [${alias.join(", ")}] } };`,
      ...files,
    });
    symlinkSync(join(root, "node_modules"), join(this.#folder.path, "node_modules"));
  }

  /** All that the compiler says. */
  compile(): Promise<string> {
    return this.#call(bin("tsc"), "--pretty", "false");
  }

  /** All that the tests say. */
  test(): Promise<string> {
    return this.#call(bin("vitest"), "run", "--no-color");
  }

  /** Runs an app. @returns how it ended, and all it wrote */
  run(file: string): Promise<Ended> {
    return yieldix(["run", file], this.#folder.path);
  }

  remove(): void {
    this.#folder.remove();
  }

  async #call(file: string, ...args: string[]): Promise<string> {
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };
    try {
      const { stdout, stderr } = await promisify(execFile)(file, args, { cwd: this.#folder.path, env });
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string }; // execFile's
      return `${stdout}${stderr}`;
    }
  }
}

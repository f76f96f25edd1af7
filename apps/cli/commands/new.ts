// `yieldix new`: its two kinds. What it writes is in ../new.ts.

import process from "node:process";
import type { Command } from "commander";
import { commandWords } from "../command-words.ts";
import { type Kind, writeNew } from "../new.ts";

/** Adds `yieldix new syscall <Name>` and `yieldix new app <name>`. */
export function addNew(yieldix: Command): void {
  const begin = yieldix.command("new").description(commandWords.new.does).addHelpText("after", newExample);
  const write = (kind: Kind) => (name: string) => {
    process.stdout.write(writeNew(kind, name, process.cwd()));
  };
  begin
    .command("syscall")
    .description("a syscall that blocks")
    .argument("<Name>", "in PascalCase")
    .action(write("syscall"));
  begin.command("app").description("an app").argument("<name>", "in kebab-case").action(write("app"));
}

const newExample = `
Example:
  $ yieldix new syscall TakeTicket
  $ yieldix new app my-app`;

// `yieldix top`: its options and their bounds. The viewer is in ../top.ts; without a terminal, or with --batch, the same
// frames come as plain text, from top-batch.ts.

import process from "node:process";
import { type Command, Option } from "commander";
import { UsageError } from "../../lib/usage.ts";
import { type ColourChoice, canDraw } from "../../monitor/screen/abilities.ts";
import type { ViewName } from "../../monitor/views/model.ts";
import type { RunClient } from "../client-program.ts";
import { commandWords } from "../command-words.ts";
import { clientCodes } from "../exit-code.ts";
import { numberOf } from "../tids.ts";
import { type BatchOptions, topBatch } from "./top-batch.ts";

interface Options extends BatchOptions {
  readonly kernel?: string;
  readonly tokenFile?: string;
  readonly view?: ViewName;
  readonly color: ColourChoice;
  readonly ascii?: boolean;
  readonly unicode?: boolean;
  readonly mouse: boolean;
  readonly vi?: boolean;
  readonly replay?: string;
  readonly batch?: boolean;
  readonly owner?: boolean;
}

const views: readonly ViewName[] = ["tasks", "tree", "io", "syscalls", "log", "apps", "trace"];

/** Adds `yieldix top`. */
export function addTop(yieldix: Command, run: RunClient): void {
  yieldix
    .command("top")
    .description(commandWords.top.does)
    .argument("[which]", "its name, pid, socket or host:port (default: the only one that runs, or a list)")
    .option("-k, --kernel <which>", "the same, as the other commands have it")
    .option("--token-file <file>", "for host:port: where its token is (default: it is in $YIELDIX_TOKEN)")
    .option(
      "-d, --delay <seconds>",
      "between two frames; 0: as fast as they come, at most 10 a second",
      numberOf("--delay", 0, 3_600),
    )
    .option("--sort <column>", "the order of the tasks")
    .option("--filter <expression>", 'which tasks: words, "state:W", "cpu>5", "for>10s", "name~re", "!", "|"')
    .addOption(new Option("--view <name>", "what to show first").choices(views))
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]).default("auto"))
    .addOption(new Option("--ascii", "draw with ASCII alone").conflicts("unicode"))
    .option("--unicode", "draw with blocks and lines (default: what the locale says)")
    .option("--no-mouse", "leave the mouse to the terminal")
    .option("--vi", "h, j, k and l move; K kills")
    .option("--replay <file>", "show a recording that :record has made")
    .option("-b, --batch", "frames as plain text (default where there is no terminal)")
    .option("-n, --iterations <n>", "of --batch: how many frames", numberOf("--iterations", 1, 1_000_000_000, true))
    .option("--limit <n>", "of --batch: tasks in a frame", numberOf("--limit", 1, 10_000, true))
    .option("--columns <names>", "of --batch: columns, with commas between them")
    .option("--json", "of --batch: a line of JSON for each frame")
    .addOption(new Option("--owner").hideHelp())
    .addHelpText(
      "after",
      `\n${clientCodes}\n129, 130, 131 and 143 for SIGHUP, SIGINT, SIGQUIT and SIGTERM.\n\nExample:\n  $ yieldix top --filter "for>10s" echo.ts`,
    )
    .action((which: string | undefined, options: Options) => {
      if (which !== undefined && options.kernel !== undefined) {
        throw new UsageError(`two kernels are named, ${which} and ${options.kernel}: give one`);
      }
      return start(which ?? options.kernel, options, run);
    });
}

async function start(which: string | undefined, options: Options, run: RunClient): Promise<void> {
  const isTTY = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const isBatch = options.batch === true || options.json === true || options.iterations !== undefined;
  const isPlain = isBatch || !canDraw(process.env, isTTY);
  if (isPlain && options.replay !== undefined) {
    throw new UsageError(
      "--replay shows its frames on a terminal, and there is none: leave out --batch and redirections",
    );
  }
  if (isPlain) {
    await run(topBatch(options), { kernel: which, tokenFile: options.tokenFile });
    return;
  }
  // The viewer and blessed are loaded for those alone who see them.
  const [{ runTop }, { readToken }] = await Promise.all([import("../top.ts"), import("../token-file.ts")]);
  const { delay, filter, sort, view, color, ascii, unicode, mouse, vi, replay, owner, tokenFile } = options;
  const code = await runTop(which, {
    token: tokenFile === undefined ? undefined : readToken(tokenFile),
    everyMs: delay === undefined ? undefined : delay * 1_000,
    filter,
    sort,
    view,
    colour: color,
    isUnicode: ascii === true ? false : unicode,
    hasMouse: mouse,
    isVi: vi,
    replay,
    isOwner: owner,
  });
  if (code !== 0) process.exitCode = code;
}

// What the commands are called and do, in the order in which the help lists them. Where they are is in command-list.ts.

interface CommandWords {
  /** Its arguments. */
  readonly usage: string;
  /** One line. */
  readonly does: string;
}

export type CommandName =
  | "run"
  | "new"
  | "ls"
  | "start"
  | "stop"
  | "ps"
  | "tree"
  | "where"
  | "strace"
  | "graph"
  | "kill"
  | "renice"
  | "log"
  | "sh"
  | "top";

export const commandWords: Readonly<Record<CommandName, CommandWords>> = {
  run: { usage: "<app> [args...]", does: "run an app: a .ts or .js module whose default export returns a program" },
  new: { usage: "", does: "write a file to start from, and its test; overwrites nothing" },
  ls: { usage: "", does: "list the live kernels of this user" },
  start: { usage: "<app> [args...]", does: "launch an app on a running kernel" },
  stop: { usage: "", does: "end a kernel's run in good order, and wait for that" },
  ps: { usage: "", does: "list the tasks of a kernel" },
  tree: { usage: "", does: "draw the tasks of a kernel below their parents" },
  where: { usage: "<tid>", does: "show the lines at which a task stands, innermost first" },
  strace: { usage: "[tids...]", does: "show the syscalls of tasks as they are made" },
  graph: { usage: "", does: "draw who waits for whom, deadlocks first" },
  kill: { usage: "[tids...]", does: "send a signal to tasks" },
  renice: { usage: "<nice> <tids...>", does: "give tasks more of the CPU, or less" },
  log: { usage: "", does: "show the log of a kernel, and what its apps print" },
  sh: { usage: "", does: "run apps and commands on a kernel, from a prompt" },
  top: { usage: "[which]", does: "watch the tasks of a kernel, and act on them" },
};

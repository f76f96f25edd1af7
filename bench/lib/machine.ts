// What the figures were measured on.

import { cpus, release, type } from "node:os";

export interface About {
  /** Year, month and day. */
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Of the operating system. */
  readonly kernel: string;
  readonly rounds: number;
}

export function describeRun(rounds: number): About {
  const cores = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    kernel: `${type()} ${release()}`,
    rounds,
  };
}

export function aboutText({ date, node, cpu, cores, kernel, rounds }: About): string {
  return `${date}, Node ${node}, ${cpu}, ${cores} cores, ${kernel}; medians of ${rounds} interleaved rounds (least-most).`;
}

// Programs on the machines of this process, with the kernel's laws recounted, and what they leave open.

import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Kernel } from "../../../kernel/kernel.ts";
import type { Machine } from "../../../kernel/machine/machine.ts";
import type { Runnable } from "../../../kernel/syscall.ts";
import { Invariants } from "../../kit/index.ts";
import { bootHost, type HostMachineName } from "./host-machines.ts";

/** Runs a program on a machine of its own, which is closed afterwards. */
export async function onHost<T>(name: HostMachineName, program: (machine: Machine) => Runnable<T>): Promise<T> {
  const machine = bootHost(name);
  try {
    const kernel = new Kernel(machine);
    const invariants = new Invariants(kernel);
    kernel.addObserver(invariants);
    const value = await kernel.run(program(machine));
    invariants.finish();
    return value;
  } finally {
    machine.close();
  }
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "yieldix-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The files below a folder that this process has open; none where the system does not say. */
export function openIn(folder: string): string[] {
  const descriptors = "/proc/self/fd";
  return namesIn(descriptors)
    .map((name) => linkOf(`${descriptors}/${name}`))
    .filter((path) => path.startsWith(folder));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // the descriptor with which they were listed
  }
}

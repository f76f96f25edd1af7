// Why a command could not ask a kernel, or was refused by it: the exit code, and one sentence that says what to do.

import { SyscallError } from "../../kernel/syscall.ts";
import { errorCodes } from "../control/protocol.ts";
import type { Stuck } from "../control/records.ts";
import { UsageError } from "../lib/usage.ts";
import { codes, RpcError } from "../rpc/errors.ts";
import { ClientError } from "./client-error.ts";
import { OutputClosed } from "./client-program.ts";
import { ClientCode } from "./exit-code.ts";

const goneCodes: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);

/** True for the error about a task that never was, or is not remembered. */
export function isNoTask(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ESRCH" || code === "ESTALE";
}

/** True when nothing can be asked any more, or nobody reads the answers. */
export function isGone(error: unknown): boolean {
  if (error instanceof OutputClosed) return true;
  if (error instanceof RpcError) return error.code === errorCodes.gone;
  return error instanceof SyscallError && goneCodes.has(error.code);
}

/** What was thrown while a kernel was looked for, or connected to. What is no fault of that kind is given back. */
export function attachFault(error: unknown): unknown {
  if (error instanceof UsageError || error instanceof ClientError) return error;
  if (error instanceof SyscallError) {
    const isAmbiguous = error.code === "EINVAL";
    return new ClientError(isAmbiguous ? ClientCode.usage : ClientCode.unattached, error.message, { cause: error });
  }
  if (!(error instanceof RpcError)) return error;
  const way = error.code === errorCodes.forbidden ? ": give it in $YIELDIX_TOKEN, or with --token-file" : "";
  return new ClientError(ClientCode.unattached, error.message + way, { cause: error });
}

/** What was thrown while a kernel was asked, likewise. */
export function askFault(error: unknown): unknown {
  if (error instanceof UsageError || error instanceof ClientError || error instanceof OutputClosed) return error;
  if (error instanceof RpcError) return refusal(error);
  return isGone(error) && error instanceof SyscallError
    ? new ClientError(ClientCode.unattached, `the kernel is gone: ${error.message}`)
    : error;
}

function refusal(error: RpcError): ClientError {
  const { code, message, data } = error;
  const refused = (exitCode: number, text: string): ClientError => new ClientError(exitCode, text, { cause: error });
  switch (code) {
    case codes.invalidParams:
      return refused(ClientCode.usage, message);
    case errorCodes.notResponding:
      return refused(ClientCode.unattached, stuckText(data) ?? message);
    case errorCodes.gone:
      return refused(ClientCode.unattached, `the kernel is gone: ${message}`);
    default:
      return refused(ClientCode.none, message);
  }
}

function stuckText(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { tid, name, forMs, stack } = data as Partial<Stuck>; // each is looked at
  if (typeof tid !== "number" || tid === 0 || typeof name !== "string") return undefined; // 0: it is in no task's turn
  const place = Array.isArray(stack) && typeof stack[0] === "string" ? `, at ${stack[0]}` : "";
  const since = typeof forMs === "number" ? ` for ${Math.round(forMs / 100) / 10} s` : "";
  return `the kernel does not answer: a turn of task ${`${tid} ${name}`.trimEnd()} has not ended${since}${place}: yieldix kill -s KILL ${tid} ends it`;
}

function codeOf(error: unknown): unknown {
  if (error instanceof SyscallError) return error.code;
  if (!(error instanceof RpcError)) return undefined;
  const { data } = error;
  return typeof data === "object" && data !== null && "code" in data ? data.code : undefined;
}

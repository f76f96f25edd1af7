// An agent as a control port in its own process: for tests, and for a monitor beside the kernel it looks at.

import { type Call, type Program, routine } from "../../../kernel/syscall.ts";
import { Await } from "../../../syscalls/index.ts";
import type { ControlPort, MethodName, Methods } from "../protocol.ts";
import type { Access } from "../records.ts";
import type { Agent } from "./agent.ts";
import type { Session } from "./session.ts";

/** A control port that is a session of its own. */
export interface AgentPort extends ControlPort {
  readonly session: Session;
}

/** Opens a session and asks it as a client would over a socket. */
export function agentPort(agent: Agent, access: Access = "full"): AgentPort {
  const session = agent.open(access);
  return {
    session,
    ask: <M extends MethodName>(method: M, params: Methods[M]["params"]): Call<Methods[M]["result"]> =>
      askSession(session, method, params) as Call<Methods[M]["result"]>, // the session answers each method with its result
  };
}

const askSession = routine(function* ask(session: Session, method: string, params: unknown): Program<unknown> {
  const answer = session.answer(method, params);
  return answer instanceof Promise ? yield* new Await(answer) : answer;
});

// The vocabulary: one line per syscall. Nothing else knows them; a syscall of your own needs no entry here.

export { Adopt } from "./adopt.ts";
export { Await, type PromiseSource } from "./await.ts";
export { Bind } from "./datagram.ts";
export { Every } from "./every.ts";
export { Exec, type ExecOptions, WaitProcess } from "./exec.ts";
export { type File, Open } from "./file.ts";
export type { FileLines, LinesOptions } from "./file-lines.ts";
export { Gauge } from "./gauge.ts";
export { GetEnv, SetEnv } from "./get-env.ts";
export { GetMachine, type MachineInfo } from "./get-machine.ts";
export { GetRandom } from "./get-random.ts";
export { GetTerminal } from "./get-terminal.ts";
export { GetTid } from "./get-tid.ts";
export { GetTime } from "./get-time.ts";
export { Group, type GroupOptions } from "./group.ts";
export { CancelTask, CancelTasks, KillTask, KillTasks } from "./kill-task.ts";
export { Link, Unlink } from "./link.ts";
export { GetTask, ListTasks } from "./list-tasks.ts";
export { Connect, Listen } from "./listen.ts";
export { Log, type LogOptions } from "./log.ts";
export { LookUp } from "./look-up.ts";
export { All, Any, type OneOf, type Programs, Race, type Values } from "./many.ts";
export type { MemberOptions, Members, StartedMember, Starting } from "./members.ts";
export { type Ended, Monitor } from "./monitor.ts";
export { NewTask } from "./new-task.ts";
export { type AsyncSource, Next, Return, type Step } from "./next.ts";
export { Offload, type OffloadOptions } from "./offload.ts";
export { OpenLines } from "./open-lines.ts";
export { OpenStdin, OpenStream } from "./open-stream.ts";
export { Asking, Outside } from "./outside.ts";
export { Park, WaitQueue } from "./park.ts";
export { type Family, Limit, Pledge } from "./pledge.ts";
export { Read, Write } from "./read.ts";
export { ReadWait, WriteWait } from "./read-wait.ts";
export { type Branches, Select, type Selected } from "./select.ts";
export { SetName } from "./set-name.ts";
export { SetPriority, setNice } from "./set-priority.ts";
export { Shield } from "./shield.ts";
export {
  type CatchableSignal,
  type Delivery,
  deliver,
  offerSignal,
  SendSignal,
  type Signal,
  WaitSignal,
} from "./signal.ts";
export { Sleep, SleepUntil } from "./sleep.ts";
export { Remove, Rename, Stat, Sync } from "./stat.ts";
export { type ChildProgram, type ChildSpec, Supervise, type SuperviseOptions } from "./supervise.ts";
export { mailboxSize, Receive, Tell } from "./tell.ts";
export { type Moved, MoveOn, Timeout } from "./timeout.ts";
export { ConnectTls, ListenTls } from "./tls.ts";
export { Join, WaitTask } from "./wait-task.ts";
export { Where } from "./where.ts";

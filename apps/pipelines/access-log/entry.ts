// One line of a web server's log, in the common format, or in the combined one with up to 32 further fields behind, which
// are not read. Pure; it refuses what is neither.

/** A request that was answered. */
export interface Entry {
  readonly host: string;
  /** As it is in the log: "10/Oct/2000:13:55:36 -0700". */
  readonly time: string;
  readonly method: string;
  /** Without its query; "-" where the request was none. */
  readonly path: string;
  /** 100 to 999. */
  readonly status: number;
  /** Of the body; 0 where the log has "-". */
  readonly bytes: number;
}

const quoted = String.raw`"(?:[^"\\]|\\.)*"`; // \" for a quote
/** What a server was told to add, a time or a virtual host: rt=0.004 "10.0.0.9" ua="a b". */
const further = String.raw`(?: (?:[^\s"]+(?:${quoted})?|${quoted})){0,32}`;

// host ident user [time] "request" status bytes, and in the combined format "referer" "agent", and what may stand behind.
const line = new RegExp(
  String.raw`^(\S+) \S+ \S+ \[([^\]]+)\] "((?:[^"\\]|\\.)*)" ([1-9][0-9]{2}) ([0-9]{1,15}|-)` +
    String.raw`(?: ${quoted} ${quoted}${further})?\s*$`,
);

/** What a line says; undefined for one that is malformed. */
export function entryOf(text: string): Entry | undefined {
  const match = line.exec(text);
  if (match === null) return undefined;
  // All five are there when the pattern matches.
  const [, host, time, request, status, bytes] = match as unknown as [string, string, string, string, string, string];
  const [, method = "-", target = "-"] = /^([A-Za-z]+) (\S+)/.exec(request) ?? []; // a port scan's bytes are no request
  const query = target.search(/[?#]/);
  const path = query < 0 ? target : target.slice(0, query);
  return {
    host,
    time,
    method,
    path: path === "" ? "/" : path,
    status: Number(status),
    bytes: bytes === "-" ? 0 : Number(bytes),
  };
}

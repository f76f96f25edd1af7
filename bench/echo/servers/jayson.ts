// Echo by jayson's own TCP server. It knows one framing: a JSON text per line.

import jayson from "jayson";
import { listening } from "./listening.ts";

type Reply = (error: null, result: unknown) => void;

const methods = {
  echo(params: unknown, reply: Reply): void {
    reply(null, params);
  },
};

listening(new jayson.Server(methods).tcp());

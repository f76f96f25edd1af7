// TLS, end to end: a run ends though somebody who came in never shook hands.

import { connect } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { cert, key } from "../../kernel/machine/certificates.ts";
import { hostMachines } from "../../kernel/machine/host-machines.ts";
import { Folder, start } from "./command.ts";

const folder = new Folder({
  "listens.ts": `
    import { ListenTls, print, type Program, Sleep } from "yieldix";
    const cert = ${JSON.stringify(cert)};
    const key = ${JSON.stringify(key)};
    export default function* listens(): Program<void> {
      const { address } = yield* new ListenTls({ port: 0 }, { cert, key, handshakeMs: 600_000 });
      yield* print("port " + ("port" in address ? address.port : 0) + ".");
      yield* new Sleep(600_000);
    }`,
});
afterAll(() => folder.remove());

describe.each(hostMachines)("on the %s machine", (machine) => {
  test("a run is over when it is told to, and does not wait for who never shakes hands", async () => {
    const running = start(["run", "--machine", machine, "listens.ts"], folder.path);
    let out = "";
    running.child.stdout?.on("data", (bytes) => {
      out += bytes;
    });
    await running.wrote(".");
    const silent = connect(Number(/port (\d+)/.exec(out)?.[1]), "127.0.0.1").on("error", () => {});
    await new Promise((resolve) => silent.once("connect", resolve));
    running.child.kill("SIGTERM");
    const ended = await running.ended;
    silent.destroy();
    expect(ended).toMatchObject({ code: 0, signal: null });
  });
});

// What completion offers for a path: what begins so is the caller's to choose, what there is is told here.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesAt } from "../../../apps/cli/paths.ts";

const folder = mkdtempSync(join(tmpdir(), "yieldix-paths-"));
mkdirSync(join(folder, "apps"));
for (const name of ["echo.ts", ".hidden", "with space", "esc\u001b[31m"]) writeFileSync(join(folder, name), "");
afterAll(() => rmSync(folder, { recursive: true }));

test("a folder's entries keep the way they were reached by; what would need quotes is left out", () => {
  expect(filesAt(`${folder}/e`).sort()).toEqual([`${folder}/apps/`, `${folder}/echo.ts`]);
  expect(filesAt(`${folder}/.h`)).toContain(`${folder}/.hidden`);
});

test("the root is one slash, and where there is no folder there is nothing", () => {
  expect(filesAt("/t")).toContain("/tmp/");
  expect(filesAt(`${folder}/none/x`)).toEqual([]);
});

// The page in a real browser: the table follows the kernel, and what tasks are called is text.

import { accessSync, constants } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LaunchedApp } from "../launched-app.ts";

const executablePath = "/usr/bin/chromium";

function hasChromium(): boolean {
  try {
    accessSync(executablePath, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where pictures of the page go, for whoever wants to see it. */
const pictures = process.env["YIELDIX_PICTURES"];

if (!hasChromium())
  test.skip(`the page in Chromium: ${executablePath} is not there (Debian: apt-get install chromium)`);
else
  describe("the page of apps/http.ts", () => {
    let app: LaunchedApp;
    let browser: Browser;
    let page: Page;
    let ear: Server;
    let line: Socket;
    const complaints: string[] = [];
    const asked: string[] = [];

    beforeAll(async () => {
      ear = createServer();
      const connected = new Promise<Socket>((resolve) => ear.once("connection", resolve));
      await new Promise<void>((resolve) => ear.listen(0, "127.0.0.1", resolve));
      const at = ear.address();
      if (at === null || typeof at === "string") throw new Error(`a TCP server's address is ${String(at)}`);
      app = new LaunchedApp("test/apps/http/served.ts", [String(at.port), "--port", "0"]);
      const [, origin = ""] = await app.wrote(/(127\.0\.0\.1:\d+)/);
      line = await connected;
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
      page = await browser.newPage({ viewport: { width: 1100, height: 560 } });
      page.on("console", (message) => complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("dialog", (dialog) => complaints.push(dialog.message()));
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(`http://${origin}/`);
    });

    afterAll(async () => {
      await browser?.close();
      line?.destroy();
      ear?.close();
      await app?.stop("SIGKILL");
    });

    async function draw(folder: string): Promise<void> {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: `${folder}/page-${colorScheme}.png` });
      }
    }

    const row = (name: string) => page.locator("#tasks tr").filter({ has: page.getByText(name, { exact: true }) });

    test("shows the tasks, and what they wait for", async () => {
      await row("served.ts").waitFor();
      expect(await row("served.ts").innerText()).toMatch(/^1\s+served\.ts\s+blocked\s+read tcp 127\.0\.0\.1:\d+\s/);
      expect(await row("following the test").count()).toBe(1);
      expect(await page.locator("#link").innerText()).toBe("live");
      expect(await page.locator("#count").innerText()).toMatch(/^\d+ tasks$/);
    });

    test("a task that starts appears, and one that ends disappears", async () => {
      expect(await row("short-lived").count()).toBe(0);
      line.write("short-lived\n");
      await row("short-lived").getByText("sleep 3600000 ms").waitFor(); // it may first be seen before its first turn
      line.write("-short-lived\n");
      await row("short-lived").waitFor({ state: "detached" });
    });

    test("a name is text, whatever it says", async () => {
      const names = ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "</td><h1>mine</h1>", "&lt;b&gt;"];
      line.write(`${names.join("\n")}\n`);
      for (const name of names) {
        await row(name).waitFor();
        expect(await row(name).locator("td").nth(1).innerText()).toBe(name);
      }
      expect(await page.locator("main img, main script, main h1, main b").count()).toBe(0);
    });

    test("the filter shows what it names", async () => {
      await page.locator("#filter").fill("following");
      await page.waitForFunction('document.querySelectorAll("#tasks tr:not([hidden])").length === 1');
      expect(await page.locator("#count").innerText()).toMatch(/^1 of \d+ tasks$/);
      await page.locator("#filter").fill("");
      await page.waitForFunction('document.querySelectorAll("#tasks tr:not([hidden])").length > 3');
      if (pictures !== undefined) await draw(pictures);
    });

    test("on a telephone what a task waits for has the width of the screen, and nothing is beyond it", async () => {
      await page.setViewportSize({ width: 400, height: 560 });
      const waits = await row("served.ts").locator("td").nth(3).boundingBox();
      expect(waits?.width).toBeGreaterThan(280);
      expect(await page.evaluate("document.querySelector('main').scrollWidth")).toBe(400);
      await page.setViewportSize({ width: 1100, height: 560 });
    });

    test("asks nobody else, runs nothing that is not its own, and has nothing to complain about", async () => {
      const { origin } = new URL(page.url());
      expect(asked.length).toBeGreaterThan(3);
      expect(asked.filter((url) => !url.startsWith(origin))).toEqual([]);
      expect(complaints).toEqual([]);
      const inline = `const made = document.createElement("script"); made.textContent = "window.ran = true"; document.body.append(made)`;
      expect(await page.evaluate(`${inline}; "ran" in window`)).toBe(false);
    });

    test("says so when the server is away", async () => {
      await app.stop();
      await page.locator('#link[data-state="lost"]').waitFor();
      expect((await app.ended).code).toBe(0);
    });
  });

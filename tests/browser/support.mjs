// What every browser test needs: a running sandbox, sessions in it, a shop to come back to, and a browser that takes
// nothing amiss in silence. Each file of tests has a sandbox of its own.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const { ANTOM_COMMAND, ANTOM_BROWSER_TOOLS, ANTOM_BROWSER_OUTPUT, ANTOM_CHROMIUM } = process.env;
for (const setting of [ANTOM_COMMAND, ANTOM_BROWSER_TOOLS, ANTOM_BROWSER_OUTPUT, ANTOM_CHROMIUM]) {
  assert.ok(setting, "run it by scripts/test browser");
}

const tools = createRequire(path.join(ANTOM_BROWSER_TOOLS, "package.json"));
const { chromium } = tools("playwright-core");
const axe = tools("axe-core");

const run = promisify(execFile);

const WIDTHS = [1280, 375];

export const CARDS = {
  success: "4054695723100768",
  failure: "4054692760174822",
  challenge: "4000000000000309",
  timeout: "4000000000000408",
  abandoned: "4000000000000507",
  expired: "4000000000000606",
  notATestCard: "4111111111111111",
};

/** A sandbox on free ports. It ends with `stop()`, and at the latest when this process ends. */
export async function startSandbox(options = []) {
  const addresses = ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0"];
  const child = spawn(ANTOM_COMMAND, ["sandbox", "--json", "--until-stdin-closes", ...addresses, ...options], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
  });
  const settings = JSON.parse(line);
  const environment = {
    PATH: process.env.PATH,
    ANTOM_CLIENT_ID: settings.client_id,
    ANTOM_PRIVATE_KEY_PATH: settings.private_key_path,
    ANTOM_PUBLIC_KEY_PATH: settings.antom_public_key_path,
    ANTOM_ENDPOINT: settings.http,
    ANTOM_SANDBOX: settings.http,
  };
  return {
    url: settings.http,

    /** What the examples read. */
    environment,

    /** The answer of `antom ... --json`. */
    async antom(...options) {
      const { stdout } = await run(ANTOM_COMMAND, [...options, "--json"], { env: environment });
      return JSON.parse(stdout);
    },

    /** A new session, by `antom vault create`, with the address of its checkout page. */
    async createSession(...options) {
      const session = await this.antom("vault", "create", ...options);
      const query = new URLSearchParams({ vaultingSessionId: session.id });
      return { ...session, checkout: `${settings.http}/checkout?${query}` };
    },

    async stop() {
      child.stdin.end();
      const reluctant = setTimeout(() => child.kill(), 10_000);
      await ended;
      clearTimeout(reluctant);
    },
  };
}

/** A shop on another port, whose return page says "Welcome back". */
export async function startShop() {
  const server = createServer((request, answer) => {
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    const head = '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title>';
    answer.end(`${head}<h1>Welcome back</h1>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/return?order=7`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A browser whose profile is new and empty, and which resolves no names. */
export async function startBrowser() {
  return chromium.launch({
    executablePath: ANTOM_CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

/**
 * Opens a page for the time of `visit(page)`. What went wrong meanwhile fails the test: errors in the console, errors
 * in scripts, breaches of the content policy, requests that leave this machine.
 */
export async function visiting(browser, visit, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const problems = [];
  const documents = new Set();
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (request.isNavigationRequest()) documents.add(request.url());
    if (!["127.0.0.1", ""].includes(url.hostname) || !["http:", "data:", "about:"].includes(url.protocol)) {
      problems.push(`a request to ${url.origin}`);
    }
  });
  context.on("console", (message) => {
    const { url } = message.location();
    // Chromium reports every page with a status of 400 or more, and ours are meant.
    const isStatusOfPage = message.text().startsWith("Failed to load resource") && documents.has(url);
    if (["error", "warning"].includes(message.type()) && !isStatusOfPage) {
      problems.push(`console: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => problems.push(`script: ${error.error()}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  try {
    await visit(await context.newPage());
    assert.deepEqual(problems, []);
  } finally {
    await context.close();
  }
}

/** That axe finds nothing on the page, in light and dark, wide and narrow, and that nothing sticks out sideways. */
export async function assertAccessible(page) {
  await inEveryLook(page, async (look) => {
    await assertNothingSticksOut(page);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
    assert.deepEqual(found, [], `${page.url()} ${look}`);
  });
}

/** Keeps pictures of the page: NAME-1280.png, NAME-375.png, and the same in dark. */
export async function keepPictures(page, name) {
  mkdirSync(ANTOM_BROWSER_OUTPUT, { recursive: true });
  await inEveryLook(page, async (look) => {
    await page.screenshot({ path: path.join(ANTOM_BROWSER_OUTPUT, `${name}-${look}.png`), fullPage: true });
  });
}

/** Calls `look("1280")`, `look("375")`, `look("1280-dark")`, `look("375-dark")` while the page looks like that. */
async function inEveryLook(page, look) {
  const before = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      // A colour that is still changing is neither the old nor the new one.
      await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
      await look(colorScheme === "dark" ? `${width}-dark` : `${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
}

async function assertNothingSticksOut(page) {
  const [needed, there] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(needed <= there, `${page.url()} needs ${needed} px and has ${there}`);
}

/** Presses Tab until what has the focus matches the selector. */
export async function tabTo(page, selector) {
  for (let times = 0; times < 60; times += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`Tab does not lead to ${selector}`);
}

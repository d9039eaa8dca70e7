// The example shop in PHP, in a browser: a buyer saves a card on the sandbox's checkout and comes back to it.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import { CARDS, assertAccessible, keepPictures, startBrowser, startSandbox, visiting } from "./support.mjs";

const EXAMPLES = path.resolve(import.meta.dirname, "../../examples/php");

let sandbox;
let shop;
let browser;

before(async () => {
  [sandbox, browser] = await Promise.all([startSandbox(), startBrowser()]);
  shop = await startPhpShop(sandbox.environment);
});

after(async () => {
  await shop?.stop();
  await Promise.all([sandbox?.stop(), browser?.close()]);
});

/** PHP's own web server with the examples, on a free port. */
async function startPhpShop(sandboxEnvironment) {
  const folder = mkdtempSync(path.join(tmpdir(), "antom-php-shop-"));
  const address = `127.0.0.1:${await freePort()}`;
  const environment = {
    ...sandboxEnvironment,
    ANTOM_LIBRARY: process.env.ANTOM_LIBRARY,
    SHOP_DATABASE: `sqlite:${folder}/shop.sqlite`,
    SHOP_URL: `http://${address}`,
  };
  await promisify(execFile)("php", [path.join(EXAMPLES, "shop/install.php")], { env: environment });
  const options = ["-d", "ffi.enable=true", "-d", `session.save_path=${folder}`, "-S", address, "-t", EXAMPLES];
  const server = spawn("php", options, { env: environment, stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const url = `http://${address}/shop/index.php`;
  while (!(await fetch(url).catch(() => null))?.ok) {
    assert.equal(server.exitCode, null, "PHP's web server ended");
    await pause(20);
  }
  return {
    url,
    async stop() {
      server.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a buyer saves a card and sees it in the shop", async () => {
  await visiting(browser, async (page) => {
    await page.goto(shop.url);
    await assertAccessible(page);
    await keepPictures(page, "php-shop-1");

    await page.getByRole("button", { name: "Save a card" }).click();
    await page.getByRole("heading", { level: 1, name: "Save a card" }).waitFor();
    await page.getByLabel("Card number").pressSequentially(CARDS.success);
    await page.getByLabel("Expiry date").pressSequentially("1239");
    await page.getByLabel("Security code").pressSequentially("123");
    await keepPictures(page, "php-shop-2");
    await page.getByRole("button", { name: "Save card" }).click();

    await page.getByText("Your card was saved.").waitFor();
    // The token comes by the notification, which may arrive after the buyer.
    while ((await page.getByText("VISA ending in 0768").count()) === 0) {
      await pause(50);
      await page.reload();
    }
    await assertAccessible(page);
    await keepPictures(page, "php-shop-3");
  });
});

test("a buyer who comes back without having entered a card is told so", async () => {
  await visiting(browser, async (page) => {
    await page.goto(shop.url);
    await page.getByRole("button", { name: "Save a card" }).click();
    await page.getByLabel("Card number").waitFor();
    await page.goto(shop.url);
    await page.getByText("Your card is not saved yet.").waitFor();
  });
});

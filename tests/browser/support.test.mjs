// That what goes wrong on a page does fail a test.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertAccessible, startBrowser, startSandbox, visiting } from "./support.mjs";

let sandbox;
let browser;

before(async () => {
  [sandbox, browser] = await Promise.all([startSandbox(), startBrowser()]);
});

after(async () => {
  await Promise.all([sandbox?.stop(), browser?.close()]);
});

/** Does something to a good page and wants to see it found. */
async function assertFound(pattern, spoil) {
  const visit = visiting(browser, async (page) => {
    await page.goto(`${sandbox.url}/nowhere`);
    await page.evaluate(spoil);
    await assertAccessible(page);
  });
  await assert.rejects(visit, pattern);
}

test("an untouched page passes", async () => {
  await visiting(browser, async (page) => {
    await page.goto(`${sandbox.url}/nowhere`);
    await assertAccessible(page);
  });
});

test("an inline script is found", async () => {
  await assertFound(/content policy: script-src/, () => {
    const script = document.createElement("script");
    script.textContent = "window.spoilt = true";
    document.body.append(script);
  });
});

test("a picture from elsewhere is found", async () => {
  await assertFound(/content policy: img-src/, () => {
    const picture = new Image();
    picture.alt = "";
    picture.src = "https://shop.example/picture.png";
    document.body.append(picture);
  });
});

test("a request that leaves this machine is found", async () => {
  await assert.rejects(
    visiting(browser, async (page) => {
      await page.goto("http://shop.example/").catch(() => {});
    }),
    /a request to http:\/\/shop\.example/,
  );
});

test("an error in a script and in the console is found", async () => {
  await assertFound(/script: Error: spoilt/, () => {
    setTimeout(() => {
      throw new Error("spoilt");
    });
  });
  await assertFound(/console: spoilt/, () => console.error("spoilt"));
});

test("what cannot be read is found", async () => {
  await assertFound(/color-contrast/, () => document.querySelector("h1").style.setProperty("color", "#ccc"));
  await assertFound(/label/, () => document.querySelector("main").append(document.createElement("input")));
});

test("what sticks out is found", async () => {
  await assertFound(/needs \d+ px and has 1280/, () => {
    document.querySelector("h1").style.setProperty("width", "3000px");
  });
});

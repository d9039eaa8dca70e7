// The buyer's pages, in a browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CARDS, assertAccessible, keepPictures, startBrowser, startSandbox, startShop, tabTo, visiting } from "./support.mjs";

let sandbox;
let shop;
let browser;

before(async () => {
  [sandbox, shop, browser] = await Promise.all([startSandbox(), startShop(), startBrowser()]);
});

after(async () => {
  await Promise.all([sandbox?.stop(), shop?.stop(), browser?.close()]);
});

const toShop = () => sandbox.createSession("--redirect-url", shop.url);

async function enter(page, number, { expiry = "1239", securityCode = "123" } = {}) {
  await page.getByLabel("Card number").pressSequentially(number);
  await page.getByLabel("Expiry date").pressSequentially(expiry);
  await page.getByLabel("Security code").pressSequentially(securityCode);
  await page.getByRole("button", { name: "Save card" }).click();
}

async function assertAtShop(page) {
  await page.getByRole("heading", { name: "Welcome back" }).waitFor();
  assert.equal(page.url(), shop.url);
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

test("the card form is accessible and stays in its width", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await heading(page, "Save a card");
    await assertAccessible(page);
    await keepPictures(page, "checkout");
    await page.getByText("Local sandbox — not Antom").waitFor();
  });
});

test("a good card is saved, and the buyer is back at the shop", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.success);
    await assertAtShop(page);
    await page.goto(session.checkout);
    await heading(page, "This session is already used");
    await page.getByText("SUCCESS").waitFor();
    await assertAccessible(page);
    await keepPictures(page, "checkout-used");
  });
});

test("a refused card brings the buyer back to the shop as well", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.failure);
    await assertAtShop(page);
    await page.goto(session.checkout);
    await page.getByText("FAIL", { exact: true }).waitFor();
  });
});

test("without a shop to come back to, the page says how it ended", async () => {
  const [saved, refused] = [await sandbox.createSession(), await sandbox.createSession()];
  await visiting(browser, async (page) => {
    await page.goto(saved.checkout);
    await enter(page, CARDS.success);
    await heading(page, "The card is saved");
    assert.match(await page.getByRole("main").innerText(), /Visa •••• 0768/);
    assert.doesNotMatch(page.url(), /4054/);
    await assertAccessible(page);
    await keepPictures(page, "checkout-saved");

    await page.goto(refused.checkout);
    await enter(page, CARDS.expired);
    await heading(page, "The card is not saved");
    await page.getByText("CARD_EXPIRED").waitFor();
    await assertAccessible(page);
    await keepPictures(page, "checkout-refused");
  });
});

test("3-D Secure takes the right code only", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.challenge);
    await heading(page, "Confirm it is you");
    await assertAccessible(page);
    await keepPictures(page, "challenge");

    await page.getByLabel("Code").fill("000000");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("The code is not 123456").waitFor();
    assert.equal(await page.getByLabel("Code").getAttribute("aria-invalid"), "true");
    assert.match(await page.title(), /^Error: /);
    await assertAccessible(page);
    await keepPictures(page, "challenge-wrong");

    await page.getByLabel("Code").fill("123456");
    await page.keyboard.press("Enter");
    await assertAtShop(page);
    await page.goto(session.checkout);
    await page.getByText("SUCCESS").waitFor();
  });
});

test("who cancels 3-D Secure saves nothing", async () => {
  const session = await sandbox.createSession();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.challenge);
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page, "The card is not saved");
    await page.getByText("USER_PAYMENT_VERIFICATION_FAILED").waitFor();
  });
});

test("after a lost answer the buyer stays, and the card is saved all the same", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.timeout);
    await heading(page, "No answer came in time");
    await assertAccessible(page);
    await keepPictures(page, "checkout-timeout");
    await page.goto(session.checkout);
    await page.getByText("SUCCESS").waitFor();
  });
});

test("a buyer who left can come back", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.abandoned);
    await heading(page, "The buyer left");
    await assertAccessible(page);
    await keepPictures(page, "checkout-left");
    await page.getByRole("link", { name: "Come back to the card form" }).click();
    await enter(page, CARDS.success);
    await assertAtShop(page);
  });
});

test("a real-looking number is refused in the browser and by the sandbox", async () => {
  const session = await toShop();
  const refusal = "This is not a test card, and the sandbox takes no other: never enter a real card here.";
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await enter(page, CARDS.notATestCard);
    assert.equal(await page.locator("#number-problem").innerText(), refusal);
    assert.equal(await page.evaluate(() => document.activeElement.id), "number");
    assert.equal(page.url(), session.checkout);
    await assertAccessible(page);
    await keepPictures(page, "checkout-not-a-test-card");
  });
  await visiting(
    browser,
    async (page) => {
      await page.goto(session.checkout);
      await enter(page, CARDS.notATestCard, { expiry: "12/39" });
      await page.getByText(refusal).waitFor();
      assert.equal(await page.getByLabel("Card number").inputValue(), "");
    },
    { javaScriptEnabled: false },
  );
});

test("wrong fields are named, the first gets the focus, and a mended one is quiet again", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await page.getByRole("button", { name: "Save card" }).click();
    const number = page.getByLabel("Card number");
    assert.equal(await page.evaluate(() => document.activeElement.id), "number");
    for (const field of ["number", "expiry", "security_code"]) {
      const input = page.locator(`#${field}`);
      assert.equal(await input.getAttribute("aria-invalid"), "true", field);
      assert.match(await input.getAttribute("aria-describedby"), new RegExp(`${field}-problem`));
      assert.notEqual(await page.locator(`#${field}-problem`).innerText(), "", field);
    }
    await assertAccessible(page);
    await keepPictures(page, "checkout-errors");
    await number.pressSequentially(CARDS.success);
    assert.equal(await number.getAttribute("aria-invalid"), null);
    assert.equal(await page.locator("#number-problem").innerText(), "");
  });
});

test("without a script the same form works, with the same errors", async () => {
  const session = await toShop();
  await visiting(
    browser,
    async (page) => {
      await page.goto(session.checkout);
      await page.getByRole("button", { name: "Save card" }).click();
      await page.getByText("The card number is not complete or has a wrong digit.").waitFor();
      await page.getByText("The month must be 01 to 12.").waitFor();
      await page.getByText("The security code has 3 digits.").waitFor();
      assert.match(await page.title(), /^Error: /);
      await page.getByRole("button", { name: "Use this card" }).first().click();
      assert.equal(await page.getByLabel("Card number").inputValue(), "4054 6957 2310 0768");
      assert.doesNotMatch(page.url(), /4054/);
      await page.getByRole("button", { name: "Save card" }).click();
      await assertAtShop(page);
    },
    { javaScriptEnabled: false },
  );
});

test("the keyboard alone is enough", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    await tabTo(page, "#number");
    await page.keyboard.type(CARDS.challenge);
    await tabTo(page, "#expiry");
    await page.keyboard.type("1239");
    await tabTo(page, "#security_code");
    await page.keyboard.type("123");
    await tabTo(page, "#card-form button");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "the focus can be seen");
    await page.keyboard.press("Enter");
    await heading(page, "Confirm it is you");
    assert.equal(await page.evaluate(() => document.activeElement.id), "code");
    await page.keyboard.type("123456");
    await tabTo(page, "button[type=submit]");
    await page.keyboard.press("Space");
    await assertAtShop(page);
  });
});

test("a test card is filled in at one press", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    const offer = page.getByRole("listitem").filter({ hasText: "Asks for 3-D Secure" });
    await offer.getByRole("button").click();
    assert.equal(await page.getByLabel("Card number").inputValue(), "4000 0000 0000 0309");
    assert.equal(await page.locator("#brand").innerText(), "Visa");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Save card");
    await page.keyboard.press("Enter");
    await heading(page, "Confirm it is you");
  });
});

test("digits are grouped while typing, and the caret stays where it was", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    const number = page.getByLabel("Card number");
    const caret = () => number.evaluate((input) => input.selectionStart);
    await number.pressSequentially("40546957");
    assert.equal(await number.inputValue(), "4054 6957");
    assert.equal(await page.locator("#brand").innerText(), "Visa");
    await number.evaluate((input) => input.setSelectionRange(2, 2));
    await page.keyboard.type("9");
    assert.equal(await number.inputValue(), "4095 4695 7");
    assert.equal(await caret(), 3);
    await page.keyboard.press("Backspace");
    assert.equal(await number.inputValue(), "4054 6957");
    assert.equal(await caret(), 2);
    await number.fill("");
    assert.equal(await page.locator("#brand").innerText(), "");
    await number.pressSequentially("51627");
    assert.equal(await page.locator("#brand").innerText(), "Mastercard");

    const expiry = page.getByLabel("Expiry date");
    await expiry.pressSequentially("2/39");
    assert.equal(await expiry.inputValue(), "02/39");
    await expiry.fill("");
    await expiry.pressSequentially("1239");
    assert.equal(await expiry.inputValue(), "12/39");
    for (let times = 0; times < 5; times += 1) await expiry.press("Backspace");
    assert.equal(await expiry.inputValue(), "");
  });
});

test("a field is judged once it was left", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(session.checkout);
    await page.getByLabel("Card number").pressSequentially("4054 6957 2310 0769");
    assert.equal(await page.locator("#number-problem").innerText(), "");
    await page.keyboard.press("Tab");
    await page.getByText("The card number is not complete or has a wrong digit.").waitFor();
    await page.getByRole("listitem").first().getByRole("button").click();
    assert.equal(await page.locator("#number-problem").innerText(), "");
  });
});

test("two quick presses save one card", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    let posts = 0;
    page.on("request", (request) => {
      if (request.method() === "POST") posts += 1;
    });
    await page.goto(session.checkout);
    await page.getByRole("listitem").first().getByRole("button").click();
    await page.getByRole("button", { name: "Save card" }).dblclick();
    await assertAtShop(page);
    assert.equal(posts, 1);
  });
});

test("session data in the address is exchanged at once", async () => {
  const session = await toShop();
  await visiting(browser, async (page) => {
    await page.goto(`${sandbox.url}/checkout?${new URLSearchParams({ sessionData: session.data })}`);
    await heading(page, "Save a card");
    assert.match(page.url(), /\/checkout\?vaultingSessionId=/);
  });
});

test("a session that expired or never was says so", async () => {
  const hasty = await startSandbox(["--session-lifetime", "1"]);
  try {
    const session = await hasty.createSession("--redirect-url", shop.url);
    await visiting(browser, async (page) => {
      const isOpen = async () => {
        await page.goto(session.checkout);
        return (await page.title()).startsWith("Save a card");
      };
      while (await isOpen());
      await heading(page, "This session has expired");
      await assertAccessible(page);
      await keepPictures(page, "checkout-expired");

      await page.goto(`${hasty.url}/checkout?vaultingSessionId=none`);
      await heading(page, "There is no such session");
      await assertAccessible(page);
      await keepPictures(page, "checkout-unknown");

      await page.goto(`${hasty.url}/nowhere`);
      await heading(page, "Nothing is at this address");
      await assertAccessible(page);
      await keepPictures(page, "not-found");
    });
  } finally {
    await hasty.stop();
  }
});

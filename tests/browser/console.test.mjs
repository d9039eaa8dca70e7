// The console, in a browser.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { CARDS, assertAccessible, keepPictures, startBrowser, startSandbox, visiting } from "./support.mjs";

let sandbox;
let browser;

before(async () => {
  [sandbox, browser] = await Promise.all([startSandbox(), startBrowser()]);
});

after(async () => {
  await Promise.all([sandbox?.stop(), browser?.close()]);
});

const URL_OF_SHOP = "http://127.0.0.1:9/return";
const create = () => sandbox.createSession("--redirect-url", URL_OF_SHOP);

const read = async (target) => (await fetch(`${sandbox.url}${target}`)).json();

/** Enters a test card for the newest session, as the page of its vaulting does. */
async function complete(card) {
  const { entries } = await read("/journal?kind=call&status=S&limit=1");
  const { vaulting } = await read(`/journal/${entries[0].number}`);
  const body = new URLSearchParams({ number: card });
  const answer = await fetch(`${sandbox.url}/vaultings/${vaulting}/card`, { method: "POST", body });
  assert.equal(answer.status, 200);
}

/** A signature that does not verify, for the doctor. */
async function sendBadSignature() {
  await fetch(`${sandbox.url}/ams/sandbox/api/v1/vaults/createVaultingSession`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "client-id": "SANDBOX_5X00000000000000",
      "request-time": "1685599933871",
      signature: `algorithm=RSA256,keyVersion=1,signature=${"A".repeat(342)}%3D%3D`,
    },
    body: '{"paymentMethodType":"CARD","vaultingRequestId":"unsigned-one"}',
  });
}

const lines = (page) => page.locator(".entry");

test("an empty journal shows the settings to paste", async () => {
  await visiting(browser, async (page) => {
    await page.goto(sandbox.url);
    await page.getByRole("heading", { name: "Nothing has called yet" }).waitFor();
    await page.getByText("Python", { exact: true }).click();
    await page.getByText("antom.Client(").waitFor();
    await assertAccessible(page);
    await keepPictures(page, "console-empty");
  });
});

test("a vaulted card shows up by itself, with every step before it", async () => {
  await visiting(browser, async (page) => {
    await page.goto(sandbox.url);
    await page.getByText("live", { exact: true }).waitFor();
    await create();
    await lines(page).getByText("createVaultingSession", { exact: true }).waitFor();
    await complete(CARDS.success);
    await page.locator(".entry .badge", { hasText: "vaulted" }).waitFor();
    assert.equal(await page.getByText("Nothing has called yet").count(), 0);
    await sendBadSignature();
    await page.getByText("INVALID_SIGNATURE").waitFor();
    await create();
    await complete(CARDS.failure);
    await page.locator(".entry .badge", { hasText: "failed" }).waitFor();
    await create();
    await assertAccessible(page);
    await keepPictures(page, "console-list");
  });
});

test("what is new waits above for those who read further down", async () => {
  await visiting(
    browser,
    async (page) => {
      for (let times = 0; times < 8; times += 1) await sendBadSignature();
      await page.goto(sandbox.url);
      await page.getByText("live", { exact: true }).waitFor();
      await page.evaluate(() => window.scrollTo(0, 400));
      const top = () => lines(page).nth(5).evaluate((line) => line.getBoundingClientRect().top);
      const before = await top();
      await create();
      await sendBadSignature();
      const pill = page.getByRole("button", { name: "2 new" });
      await pill.waitFor();
      assert.equal(await top(), before);
      await pill.click();
      await pill.waitFor({ state: "hidden" });
      assert.equal(await page.evaluate(() => window.scrollY), 0);
      await lines(page).first().getByText("INVALID_SIGNATURE").waitFor();
    },
    { viewport: { width: 1280, height: 400 } },
  );
});

test("the list is narrowed by chips and by a search that can be linked", async () => {
  await sendBadSignature();
  await visiting(browser, async (page) => {
    await page.goto(sandbox.url);
    await page.getByRole("link", { name: "Failures only" }).click();
    await page.waitForURL("**/?status=failed");
    assert.equal(await lines(page).getByText("SUCCESS", { exact: true }).count(), 0);
    await page.keyboard.press("/");
    await page.keyboard.type("unsigned-one");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/?status=failed&search=unsigned-one");
    assert.ok((await lines(page).count()) > 0);
    await page.getByRole("link", { name: "Notifications" }).click();
    await page.getByRole("heading", { name: "Nothing matches" }).waitFor();
  });
});

test("keys lead to a refused call, which says why and what to do", async () => {
  await sendBadSignature();
  await visiting(browser, async (page) => {
    await page.goto(`${sandbox.url}/?search=unsigned-one`);
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Keys" }).waitFor({ state: "hidden" });
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "createVaultingSession" }).waitFor();
    await page.getByText("What to do:", { exact: true }).waitFor();
    await page.getByText("Exactly these bytes are signed.").waitFor();
    assert.ok(await page.getByLabel("Body of the request, as it was sent").isVisible());
    await assertAccessible(page);
    await keepPictures(page, "console-refused");
    await page.keyboard.press("u");
    await page.waitForURL("**/?search=unsigned-one");
  });
});

test("a key is heard right after the dialog was closed", async () => {
  await sendBadSignature();
  await visiting(browser, async (page) => {
    await page.goto(sandbox.url);
    const focused = await page.evaluate(() => {
      const dialog = document.getElementById("keys");
      dialog.showModal();
      const button = dialog.querySelector("button");
      dialog.close();
      // Where the focus still is until the page is drawn again.
      button.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
      return document.activeElement.className;
    });
    assert.equal(focused, "title");
  });
});

test("what happens is told with its day, one line for each", async () => {
  await visiting(browser, async (page) => {
    const days = page.locator(".day");
    const move = (advance) =>
      fetch(`${sandbox.url}/__sandbox/clock`, { method: "POST", body: JSON.stringify({ advance }) });
    await page.goto(sandbox.url);
    await page.getByText("live", { exact: true }).waitFor();
    const before = await days.count();
    await move("1d");
    await page.getByText("the clock was moved ahead by 1d").waitFor();
    await sendBadSignature();
    await lines(page).first().getByText("INVALID_SIGNATURE").waitFor();
    assert.equal(await days.count(), before + 1);
    const shown = await days.allTextContents();
    await page.reload();
    assert.deepEqual(await days.allTextContents(), shown, "the same with and without a script");
    await fetch(`${sandbox.url}/__sandbox/clock`, { method: "DELETE" });
  });
});

test("a call is shown whole, copied and sent again", async () => {
  await create();
  const options = { permissions: ["clipboard-read", "clipboard-write"] };
  await visiting(
    browser,
    async (page) => {
      await page.goto(`${sandbox.url}/?kind=call&status=S`);
      await lines(page).first().getByRole("link").click();
      await page.getByRole("heading", { name: "Copy as" }).waitFor();
      await assertAccessible(page);
      await keepPictures(page, "console-call");
      await page.locator("label", { hasText: "PHP" }).click();
      await page.locator(".panel-3 .copy").click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.match(copied, /^<\?php\n[^]*createVaultingSession\(\[\n[^]*'http:\/\/127\.0\.0\.1:9\/return'/);
      const before = page.url();
      await page.getByRole("button", { name: "Replay this call" }).click();
      await page.waitForURL((url) => url.pathname.startsWith("/calls/") && url.href !== before);
      await page.locator("h1 .badge", { hasText: "SUCCESS" }).waitFor();
    },
    options,
  );
});

test("a vaulting is completed from its page", async () => {
  await create();
  await visiting(browser, async (page) => {
    await page.goto(`${sandbox.url}/?kind=call&status=S`);
    await lines(page).first().getByRole("link").click();
    await page.getByRole("link", { name: /^Vaulting \d+$/ }).first().click();
    await page.getByText("expires in").first().waitFor();
    await assertAccessible(page);
    await keepPictures(page, "console-vaulting");
    await page.getByLabel("Test card").selectOption(CARDS.challenge);
    await page.getByRole("button", { name: "Enter this card" }).click();
    await page.getByText("the buyer is on the 3-D Secure page").first().waitFor();
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.locator("h1 .badge", { hasText: "SUCCESS" }).waitFor();
    await page.getByText("************0309").first().waitFor();
  });
});

test("the page of a vaulting follows what happens to it", async () => {
  await create();
  await visiting(browser, async (page) => {
    await page.goto(`${sandbox.url}/?kind=call&status=S`);
    await lines(page).first().getByRole("link").click();
    await page.getByRole("link", { name: /^Vaulting \d+$/ }).first().click();
    await page.locator("h1 .badge", { hasText: "PROCESSING" }).waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    await complete(CARDS.success);
    await page.locator("h1 .badge", { hasText: "SUCCESS" }).waitFor();
  });
});

test("a notification of an earlier run says what was wrong with its acknowledgement", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "antom-console-"));
  const notification = {
    number: 1,
    time: "2026-08-17T12:00:00+08:00",
    kind: "notification",
    vaulting: 1,
    request_id: "order-7",
    url: "http://127.0.0.1:3000/notify",
    attempt: 2,
    acknowledged: false,
    outcome: "HTTP 200 but the body is not the acknowledgement: it is empty",
    next: "2026-08-17T12:10:00+08:00",
    request: {
      headers: [["client-id", "SANDBOX_5X00000000000000"], ["request-time", "2026-08-17T12:00:00+08:00"]],
      body: '{"vaultingRequestId":"order-7","vaultingStatus":"SUCCESS"}',
      is_exact: true,
    },
    answer: { headers: [["content-type", "text/html"]], body: "", is_exact: true },
    http_status: 200,
    duration_micros: 3100,
  };
  const first = { ...notification, attempt: 1, outcome: "the connection was refused", answer: null, http_status: null };
  const lines = [first, { ...notification, number: 2 }].map((entry) => `${JSON.stringify(entry)}\n`);
  writeFileSync(path.join(directory, "journal.jsonl"), lines.join(""));
  const earlier = await startSandbox(["--data", directory]);
  try {
    await visiting(browser, async (page) => {
      await page.goto(`${earlier.url}/?kind=notification&status=failed`);
      await page.getByRole("link", { name: "notifyVaulting, attempt 2" }).click();
      await page.getByText("it is empty").waitFor();
      await page.getByText("2026-08-17T12:10:00+08:00").waitFor();
      assert.equal(await page.locator(".timeline li").count(), 2);
      await assertAccessible(page);
      await keepPictures(page, "console-notification");
    });
  } finally {
    await earlier.stop();
    rmSync(directory, { recursive: true });
  }
});

test("the controls say what they ask for, and what came of it", async () => {
  await visiting(browser, async (page) => {
    const asked = [];
    const answers = {
      "/__sandbox/clock": [200, {}],
      "/__sandbox/faults": [201, {}],
      "/__sandbox/settings": [200, { accept_changed_repeats: false }],
      "/__sandbox/notifications/settings": [200, { profile: "sandbox", duplicate: false, delay: "0s" }],
      "/__sandbox/reset": [200, {}],
    };
    const rule = { id: 1, fault: "http-503", path: null, times: 2, probability: null, played: 0 };
    await page.route("**/__sandbox/**", async (route) => {
      const request = route.request();
      const { pathname } = new URL(request.url());
      if (request.method() !== "GET") asked.push([request.method(), pathname, request.postDataJSON()]);
      const [status, json] = answers[pathname];
      const isList = request.method() === "GET" && pathname === "/__sandbox/faults";
      await route.fulfill(isList ? { status: 200, json: { rules: [rule] } } : { status, json });
    });
    await page.goto(`${sandbox.url}/controls`);
    await page.getByLabel("Duplicate").waitFor();
    await page.getByText("2 more times").waitFor();
    await assertAccessible(page);
    await keepPictures(page, "console-controls");
    await page.getByRole("button", { name: "+ 15h" }).click();
    await page.getByText("The clock was moved.").first().waitFor();
    await page.getByRole("button", { name: "Back to this machine's time" }).click();
    await page.getByText("The clock shows the machine's time.").waitFor();
    await page.getByLabel("Fault", { exact: true }).fill("http-503");
    await page.getByLabel("How many calls").fill("2");
    await page.getByRole("button", { name: "Set the fault" }).click();
    await page.getByText("The fault is set.").waitFor();
    await page.getByLabel("Duplicate").check();
    await page.getByText("Saved.").waitFor();
    assert.deepEqual(asked, [
      ["POST", "/__sandbox/clock", { advance: "15h" }],
      ["DELETE", "/__sandbox/clock", null],
      ["POST", "/__sandbox/faults", { fault: "http-503", times: 2 }],
      ["PATCH", "/__sandbox/notifications/settings", { duplicate: true }],
    ]);
  });
});

test("the list and its filters work without a script", async () => {
  await sendBadSignature();
  await visiting(
    browser,
    async (page) => {
      await page.goto(sandbox.url);
      await page.getByRole("link", { name: "Failures only" }).click();
      await page.getByLabel("Search by request id, code or path").fill("unsigned-one");
      await page.keyboard.press("Enter");
      await lines(page).first().getByRole("link").click();
      await page.getByText("Raw", { exact: true }).first().click();
      await page.getByText('"vaultingRequestId":"unsigned-one"').first().waitFor();
    },
    { javaScriptEnabled: false },
  );
});

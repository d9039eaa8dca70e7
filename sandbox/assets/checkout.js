// Makes the card form comfortable: groups digits, names the brand, says what is wrong before anything is sent, fills
// in test cards. Without it the same form works, and the sandbox checks everything again.
"use strict";

const form = document.getElementById("card-form");
const offers = document.getElementById("test-cards");
const announcement = document.getElementById("announcement");
const number = document.getElementById("number");
const expiry = document.getElementById("expiry");
const securityCode = document.getElementById("security_code");
const brand = document.getElementById("brand");

const digitsOf = (text) => text.replace(/\D/g, "");

// ---- what is typed -----------------------------------------------------------

// Writes the value in another form and leaves the caret behind the digit that it was behind.
function rewrite(input, format) {
  const caret = input.selectionStart ?? input.value.length;
  const digitsBefore = digitsOf(input.value.slice(0, caret)).length;
  const wasAtEnd = caret === input.value.length;
  const value = format(input.value);
  if (value === input.value) return;
  input.value = value;
  let place = wasAtEnd ? value.length : 0;
  for (let seen = 0; !wasAtEnd && seen < digitsBefore && place < value.length; place += 1) {
    if (/\d/.test(value[place])) seen += 1;
  }
  if (document.activeElement === input) input.setSelectionRange(place, place);
}

const grouped = (text) => (digitsOf(text).slice(0, 19).match(/.{1,4}/g) ?? []).join(" ");

function monthAndYear(text) {
  const parts = text.split("/");
  if (parts.length > 1 && /^\s*\d\s*$/.test(parts[0])) return `0${parts[0].trim()}/${digitsOf(parts[1])}`;
  const digits = digitsOf(text).slice(0, 6);
  return digits.length > 2 ? `${digits.slice(0, 2)}/${digits.slice(2)}` : digits;
}

const BRANDS = [
  ["Hyundai", /^9490/],
  ["Visa", /^4/],
  ["Mastercard", /^(5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720))/],
  ["Amex", /^3[47]/],
  ["Diners", /^3(0[0-5]|[689])/],
  ["JCB", /^35/],
  ["Discover", /^6(011|4[4-9]|5)/],
  ["UnionPay", /^62/],
];

function showBrand() {
  const digits = digitsOf(number.value);
  const found = BRANDS.find(([, pattern]) => pattern.test(digits));
  const name = found ? found[0] : "";
  if (brand.textContent !== name) brand.textContent = name;
}

// ---- what is wrong -----------------------------------------------------------

const testCards = new Set([...offers.querySelectorAll("[data-number]")].map((offer) => digitsOf(offer.dataset.number)));

function keepsLuhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = place % 2 ? digit * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits.length > 0 && sum % 10 === 0;
}

function numberProblem() {
  const digits = digitsOf(number.value);
  if (!keepsLuhn(digits)) return number.dataset.problem;
  return testCards.has(digits) ? "" : number.dataset.notATestCard;
}

function expiryProblem() {
  const parts = /^\s*(\d{1,2})\s*[/ -]\s*(\d{2}|\d{4})\s*$/.exec(expiry.value);
  const month = Number(parts ? parts[1] : digitsOf(expiry.value).slice(0, 2));
  if (month < 1 || month > 12) return form.dataset.monthProblem;
  if (!parts) return expiry.dataset.problem;
  const year = Number(parts[2]) + (parts[2].length === 2 ? 2000 : 0);
  const monthsLeft = year * 12 + month - Number(form.dataset.thisMonth);
  return monthsLeft >= 0 && monthsLeft < 240 ? "" : expiry.dataset.problem;
}

const securityCodeProblem = () => (/^\d{3}$/.test(securityCode.value.trim()) ? "" : securityCode.dataset.problem);

const CHECKS = [
  [number, numberProblem],
  [expiry, expiryProblem],
  [securityCode, securityCodeProblem],
];

function showProblem(input, problem) {
  document.getElementById(`${input.id}-problem`).textContent = problem;
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

for (const [input, check] of CHECKS) {
  // Said when the buyer has gone on, not while typing, and a moment later, so that nothing moves away from under a
  // finger. Taken back as soon as it is no longer true.
  input.addEventListener("blur", () => {
    setTimeout(() => {
      if (input.value.trim() && document.activeElement !== input) showProblem(input, check());
    }, 250);
  });
  input.addEventListener("input", () => {
    if (input.getAttribute("aria-invalid") === "true" && !check()) showProblem(input, "");
  });
}

number.addEventListener("input", () => {
  rewrite(number, grouped);
  showBrand();
});
expiry.addEventListener("input", () => rewrite(expiry, monthAndYear));

// ---- sending -----------------------------------------------------------------

let isSent = false;

form.addEventListener("submit", (event) => {
  const wrong = CHECKS.filter(([input, check]) => {
    const problem = check();
    showProblem(input, problem);
    return problem;
  });
  if (wrong.length > 0 || isSent) event.preventDefault();
  if (wrong.length > 0) wrong[0][0].focus();
  else if (!isSent) {
    isSent = true;
    announcement.textContent = "Saving the card.";
  }
});

// The page comes out of the browser's memory: it can be sent again.
window.addEventListener("pageshow", () => {
  isSent = false;
  showBrand();
});

// ---- test cards --------------------------------------------------------------

offers.addEventListener("submit", (event) => {
  const offer = event.submitter;
  if (!offer?.dataset.number) return;
  event.preventDefault();
  number.value = offer.dataset.number;
  expiry.value = offers.dataset.expiry;
  securityCode.value = offers.dataset.securityCode;
  for (const [input] of CHECKS) showProblem(input, "");
  showBrand();
  const save = form.querySelector("button");
  save.focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  save.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  announcement.textContent = "The card is filled in.";
});

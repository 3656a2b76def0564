// Solves the ticket of a form while many sign-ups come in: a number whose SHA-256 together with the ticket begins with zeros.
"use strict";
const AT_ONCE = 512;

async function isSolution(ticket, number, bits) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${ticket}:${number}`)));
  return (((hash[0] << 16) | (hash[1] << 8) | hash[2]) >>> (24 - bits)) === 0;
}

async function solve(ticket, bits) {
  for (let first = 0; ; first += AT_ONCE) {
    const tries = Array.from({ length: AT_ONCE }, (_, n) => isSolution(ticket, first + n, bits));
    const found = (await Promise.all(tries)).indexOf(true);
    if (found >= 0) return first + found;
  }
}

const form = document.querySelector("form[data-bits]");
if (form && window.crypto && crypto.subtle) {
  const button = form.querySelector("button");
  button.disabled = true;
  solve(form.elements.ticket.value, Number(form.dataset.bits)).then((number) => {
    form.elements.solution.value = number;
    button.disabled = false;
  });
}

// Puts Stripe's field for a card onto the page, and sends Stripe's ID of the card in place of its number.
"use strict";

const form = document.querySelector("form[data-publishable-key]");
const problem = document.getElementById("card-problem");
const button = form.querySelector("button");

document.getElementById("without-script").hidden = true;

function say(text) {
  problem.textContent = text;
}

function mountCard() {
  const stripe = window.Stripe(form.dataset.publishableKey);
  const style = getComputedStyle(document.body);
  const card = stripe.elements().create("card", {
    hidePostalCode: true,
    style: {
      base: { color: style.color, fontSize: "16px", iconColor: style.color, "::placeholder": { color: "#7a8496" } },
    },
  });
  card.mount("#card");
  card.on("change", (event) => say(event.error ? event.error.message : ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    pay(stripe, card);
  });
}

async function pay(stripe, card) {
  if (button.disabled) {
    return;
  }
  button.disabled = true;
  say("");
  try {
    const { paymentMethod, error } = await stripe.createPaymentMethod({
      type: "card",
      card,
      billing_details: {
        email: form.elements.email.value || undefined,
        name: form.elements.name.value || undefined,
      },
    });
    if (paymentMethod) {
      form.elements.payment_method.value = paymentMethod.id;
      form.submit();
      return;
    }
    say(error.message);
  } catch {
    say("Stripe can’t be reached at the moment. Nothing was charged. Try again.");
  }
  button.disabled = false;
}

// The browser may show the page again as it was left.
window.addEventListener("pageshow", () => {
  button.disabled = !window.Stripe;
});

if (window.Stripe) {
  mountCard();
} else {
  button.disabled = true;
  say("The card’s field could not be loaded from Stripe. Check your connection, or what blocks scripts, and reload.");
}

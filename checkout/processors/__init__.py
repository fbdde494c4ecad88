"""Those who move the money: the sandbox, which only plays at it, and Stripe."""

"""Why usage is, or is not, on a customer: what happened to an event, or under an external customer ID, in words."""

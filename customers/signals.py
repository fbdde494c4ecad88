"""What the apps above are told of a customer, inside the transaction that does it. There is no other way up."""

from django.dispatch import Signal

# `customer` has got its external ID: at its creation, or later. A receiver raises nothing and waits for nobody; what
# takes long it leaves to a task, which it enqueues in this same transaction.
external_id_set = Signal()

# `customer` is about to be erased, and not locked yet. A receiver locks what it will change of its own, so that every
# transaction that needs both takes its locks in one order.
erasure_begins = Signal()

# `customer` is being erased. `external_customer_id` is the ID that it had, None if none, and `stand_in` what takes its
# place; `names` and `addresses` are all that its name and e-mail address ever were. Each receiver erases its own app's
# copies before it returns.
customer_erased = Signal()

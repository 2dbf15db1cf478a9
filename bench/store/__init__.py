"""The log beside other event stores: append, contend, replay; what each costs and what each misses."""

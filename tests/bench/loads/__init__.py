"""What a load costs: the present plan beside the former one, as batches and targets grow.

Nothing here is an assertion about time. What is checked is that there is something to compare: both
plans leave the same rows, and a batch changes as many rows as it was made to.

The modules in reading order:
    shapes: what a batch may be made of.
    batches: targets and batches of any size.
    plans: the two plans; `former_plan.sql` is the former one.
    warehouse: the emulator, and its target.
    trial: one load, and its notes.
    figures: medians of trials, and how they grow.
    run: which trials, in which order.
    report: what is printed.
"""

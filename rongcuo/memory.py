"""How the memory of a serving process is looked after."""

import gc

_YOUNG = 20_000


def settle() -> None:
    """Take everything that stands by now for lasting: the collector of cycles never looks at it again.

    Modules, models and rule packs are some hundred thousand objects that live as long as the process. To look through
    them again and again takes a tenth of a second each time, in which nobody is answered. Cycles are rare in what a
    request leaves behind, hence the collector looks after so many new objects only.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)

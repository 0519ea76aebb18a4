"""Pages for people: one HTML file each, with everything in it, drawn without a network and safe to show.

What it gives, each a function that returns ``Markup``:

- ``document.document``: the whole page, from a verdict and sections (``document.section``);
- ``figures``: key figures, facts, notes, the verdict on top;
- ``tables.table``: a table that sorts and is searched, of up to tens of thousands of rows;
- pictures, each with its numbers in a table below it: ``bars.bars`` and ``bars.time_bars``, ``heat.heat_map``,
  ``links.links``, ``curves.lines`` with intervals and ``curves.scatter``.

Nothing here knows what a page is about. Whatever text comes in is escaped and made visible (``markup``), so names that
come from logs may be handed over as they are; only ``Markup`` is taken as it is, and only this package makes it.

What it needs comes with the extra ``report``; ``extra.require`` says so where it is missing, and no module but
``extra`` can be imported then.
"""

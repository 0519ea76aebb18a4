"""The page of a report: a folder that ``auditor audit`` or ``auditor stream`` wrote, as one HTML file.

``read`` reads it, by ``folder`` or ``segments``, and trusts none of it; ``verdict``, ``traffic``, ``timeline``,
``groups``, ``rules`` and ``record`` say each a part of it with what ``auditor.page`` draws; ``build`` puts them in
order.
"""

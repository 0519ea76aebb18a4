"""The page of a report: a folder that ``auditor audit`` wrote, as one HTML file.

``read`` reads the folder and trusts none of it; ``verdict``, ``traffic``, ``timeline``, ``groups``, ``rules`` and
``record`` say each a part of it with what ``auditor.page`` draws; ``build`` puts them in order.
"""

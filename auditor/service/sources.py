"""What tables are made from: policies and inventory, read again and again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from auditor.compiler.again import Compiler
from auditor.errors import ConfigError
from auditor.garbage import without_collection
from auditor.inventory.load import load_inventory
from auditor.inventory.read import FileReader
from auditor.ir.model import Inventory, PolicySet, Switches
from auditor.loading import load
from auditor.policies.load import load_policies
from auditor.service.looks import Remembered, has_no_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.compiler.again import Made
    from auditor.inventory.load import LoadedInventory
    from auditor.loading import Loaded
    from auditor.policies.load import LoadedPolicies

NO_POLICIES = (
    "expected network policies, found none; `--allow-empty-policies` judges by none, and so allows everything"
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What tables are made from, as `auditor audit` takes it.

    Attributes
    ----------
    policies, inventory : sequence of str
        Files, folders and patterns.
    switches : Switches
        Readings of the API.
    allow_unsupported : bool
        Whether kinds of policies that are not judged make verdicts unknown, instead of failing.
    pod_networks : sequence of str
        CIDR blocks of pods, beside those that nodes name.
    allow_empty : bool
        Whether no policy at all is meant. A folder that is not there never is.
    """

    policies: Sequence[str]
    inventory: Sequence[str]
    switches: Switches = field(default_factory=Switches)
    allow_unsupported: bool = False
    pod_networks: Sequence[str] = ()
    allow_empty: bool = False
    _read_policies: Remembered[LoadedPolicies] = field(
        default_factory=lambda: Remembered(load_policies), init=False, repr=False, compare=False
    )
    _read_inventory: Remembered[LoadedInventory] = field(
        default_factory=lambda: Remembered(partial(load_inventory, read=FileReader().read)),
        init=False,
        repr=False,
        compare=False,
    )

    _compiler: Compiler = field(default_factory=Compiler, init=False, repr=False, compare=False)

    def read(self) -> Loaded:
        """Read and validate.

        Raises
        ------
        AuditorError
            All problems together, as ``loading.load`` has them; ConfigError if there are no policies.
        """
        policies = [path for path in self.policies if not (self.allow_empty and has_no_files(path))]
        loaded = load(
            # Without a single file of policies the inventory stands in, to be read like any other.
            policies or self.inventory,
            self.inventory,
            allow_unsupported=self.allow_unsupported,
            pod_networks=self.pod_networks,
            read_policies=self._read_policies,
            read_inventory=self._read_inventory,
        )
        if not policies:
            loaded = replace(loaded, policies=PolicySet(), documents=())
        if not (loaded.policies.policies or loaded.policies.opaque or self.allow_empty):
            raise ConfigError(NO_POLICIES)
        return loaded

    def compile(self) -> Made:
        """Read, validate and compile, by what is known from before; fails as ``read``, and with TableLimitError."""
        with without_collection():
            loaded = self.read()
            made = self._compiler.compile(loaded.policies, loaded.inventory or Inventory(), self.switches)
        return made._replace(tables=replace(made.tables, provenance=loaded.provenance))
